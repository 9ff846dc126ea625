#include "error_text.h"
#include "kindling/data.h"
#include "kindling/ops.h"

/// From single examples to a batch.
namespace kindling::data {

/// stack() would refuse, too, but could not say whose fault it is.
static void check_alike(const char* part, std::size_t index, const Tensor& got,
                        const Tensor& first) {
  check(got.defined() == first.defined(), "collate: example ", index, " of the batch has ",
        got.defined() ? "a " : "no ", part, ", the first has ", first.defined() ? "one" : "none");
  if (!got.defined()) return;
  check(got.shape() == first.shape() && got.dtype() == first.dtype(), "collate: expected ", part,
        " of the same shape and dtype in the whole batch, got ", first.shape(), ' ', first.dtype(),
        " in the first example and ", got.shape(), ' ', got.dtype(), " in example ", index);
}

/// \exercise{5.3} Gather the data of all examples, and the targets, and stack() each list.
/// check_alike() says which example does not match the first. If the examples have no targets,
/// neither has the batch.
Example collate(std::span<const Example> examples) {
  check(!examples.empty(), "collate: expected at least one example, got none");
  const Example& first = examples.front();
  Tensors data, targets;
  for (std::size_t i = 0; i < examples.size(); ++i) {
    check_alike("data", i, examples[i].data, first.data);
    check_alike("target", i, examples[i].target, first.target);
    data.push_back(examples[i].data);
    targets.push_back(examples[i].target);
  }
  return {stack(data), first.target.defined() ? stack(targets) : Tensor()};
}

Example Dataset::get_batch(std::span<const std::int64_t> indices) const {
  std::vector<Example> examples;
  examples.reserve(indices.size());
  for (std::int64_t index : indices) try {
      examples.push_back(get(index));
    } catch (...) {
      rethrow_at("example " + std::to_string(index) + ": ");
    }
  return collate(examples);
}

}  // namespace kindling::data
