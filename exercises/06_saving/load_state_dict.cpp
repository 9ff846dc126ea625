#include <map>
#include <set>

#include "error_text.h"
#include "kindling/autograd.h"
#include "kindling/module.h"
#include "overwrite.h"

namespace kindling {

/// "a", "b"
static std::string quoted_list(const std::vector<std::string>& names, char quote) {
  std::string list;
  for (const std::string& name : names) {
    if (!list.empty()) list += ", ";
    list.append(1, quote).append(printable(name)).append(1, quote);
  }
  return list;
}

std::ostream& operator<<(std::ostream& out, const IncompatibleKeys& keys) {
  if (keys.missing_keys.empty() && keys.unexpected_keys.empty())
    return out << "<All keys matched successfully>";
  return out << "_IncompatibleKeys(missing_keys=[" << quoted_list(keys.missing_keys, '\'')
             << "], unexpected_keys=[" << quoted_list(keys.unexpected_keys, '\'') << "])";
}

namespace nn {

/// What does not fit, as one message in PyTorch's words; empty if all is well.
static std::string describe(const std::vector<std::string>& missing,
                            const std::vector<std::string>& unexpected, const std::string& others) {
  std::string text;
  if (!missing.empty())
    text += "\n\tMissing key(s) in state_dict: " + quoted_list(missing, '"') + ". ";
  if (!unexpected.empty())
    text += "\n\tUnexpected key(s) in state_dict: " + quoted_list(unexpected, '"') + ". ";
  return text + others;
}

/// Copies each second tensor into the first one, in its dtype: all of them or, whatever happens,
/// none.
static void copy_all(const std::vector<std::pair<Tensor, Tensor>>& copies) {
  // What can fail comes first, and that is whatever takes memory: conversions, and copies of what
  // lies in memory that is about to change.
  std::set<const std::byte*> changing;
  for (const auto& [to, from] : copies) changing.insert(to.storage().data());
  std::vector<Tensor> ready;
  ready.reserve(copies.size());
  for (const auto& [to, from] : copies) {
    ready.push_back(from.to(to.dtype()).to(to.device()));
    if (changing.contains(ready.back().storage().data())) ready.back() = ready.back().clone();
  }
  for (std::size_t i = 0; i < copies.size(); ++i) overwrite(copies[i].first, ready[i]);
}

/// \exercise{6.3} Compare `state` with state_dict(), by name, and collect what is wrong before
/// anything is changed:
/// - names of the module that `state` lacks or has undefined, in the module's order; and names in
///   it that the module lacks, in the order of `state`: errors, if `strict`;
/// - a tensor of another shape, always an error: "\n\tsize mismatch for NAME: copying a param with
///   shape [2] from checkpoint, the shape in current model is [3].";
/// - a name that comes twice, likewise: "\n\tduplicate key in state_dict: NAME."
///
/// If there are errors, fail("Error(s) in loading state_dict for ", name(), ':', describe(…)). Else
/// copy_all() of them into the module's own tensors, which change in place, so that whoever holds
/// them sees it; under NoGrad, or autograd would record the conversions.
IncompatibleKeys Module::load_state_dict(const StateDict& state, bool strict) {
  throw NotImplemented("6.3");
}

}  // namespace nn
}  // namespace kindling
