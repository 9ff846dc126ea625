#include <algorithm>
#include <charconv>
#include <set>

#include "kindling/autograd.h"
#include "kindling/optim.h"

/// What all optimisers share: their parameters, and the saving and loading of what they remember.
/// How each of them takes a step is solutions/04_training.
namespace kindling::optim {

static double checked_lr(const std::string& optimizer, double lr) {
  check(lr >= 0, optimizer, ": invalid learning rate: ", lr);
  return lr;
}

Optimizer::Optimizer(std::string name, Tensors params, double lr)
    : name_(std::move(name)),
      params_(std::move(params)),
      states_(params_.size()),
      lr_(checked_lr(name_, lr)) {
  check(!params_.empty(), name_, ": optimizer got an empty parameter list");
  std::set<const TensorImpl*> seen;
  for (std::size_t i = 0; i < params_.size(); ++i) {
    check(params_[i].defined(), name_, ": parameter ", i, " is undefined");
    check(params_[i].is_leaf(), name_, ": can't optimize a non-leaf Tensor, but parameter ", i,
          " is the result of ", params_[i].grad_fn());
    check(seen.insert(params_[i].shared_impl().get()).second, name_, ": parameter ", i,
          " appears more than once");
  }
}

void Optimizer::set_lr(double lr) { lr_ = checked_lr(name_, lr); }

void Optimizer::step() {
  NoGrad guard;
  std::vector<Update> updates;
  updates.reserve(params_.size());
  for (std::size_t i = 0; i < params_.size(); ++i)
    if (Tensor grad = params_[i].grad(); grad.defined())
      updates.push_back({params_[i], std::move(grad), states_[i]});
  if (update_all(updates)) return;
  for (Update& one : updates) update(one.parameter, one.grad, one.state);
}

void Optimizer::zero_grad() {
  for (Tensor& parameter : params_) parameter.set_grad(Tensor());
}

NamedTensors Optimizer::named_state() const {
  NamedTensors found{{"lr", full({}, lr_, float64)}};
  for (std::size_t i = 0; i < states_.size(); ++i)
    for (const auto& [name, tensor] : states_[i])
      found.emplace_back(std::to_string(i) + '.' + name, tensor);
  return found;
}

/// The number of the parameter in "12.exp_avg"; nothing if there is none.
static std::optional<std::size_t> parameter_number(const std::string& name) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  if (error != std::errc() || end == name.data() + name.size() || *end != '.') return std::nullopt;
  return number;
}

void Optimizer::load_named_state(const NamedTensors& state) {
  std::vector<State> states(params_.size());
  std::optional<double> lr;
  const std::vector<std::string> known = state_names();

  for (const auto& [name, tensor] : state) {
    check(tensor.defined(), name_, ": state \"", name, "\" is undefined");
    if (name == "lr") {
      check(!lr && tensor.numel() == 1, name_,
            ": expected one number \"lr\" in the state, got shape ", tensor.shape());
      lr = checked_lr(name_, tensor.item());
      continue;
    }
    const auto number = parameter_number(name);
    const std::string what = name.substr(name.find('.') + 1);
    check(number && std::ranges::find(known, what) != known.end(), name_, ": unexpected state \"",
          name, "\"");
    check(*number < params_.size(), name_, ": state \"", name,
          "\" is for a parameter that is not there: it has ", params_.size());
    const Tensor& parameter = params_[*number];
    const bool counts = what == "step";
    const Shape expected = counts ? Shape{} : parameter.shape();
    const DType dtype = counts ? int64 : parameter.dtype();
    check(tensor.shape() == expected && tensor.dtype() == dtype, name_, ": expected state \"", name,
          "\" to be ", dtype, ' ', expected, ", got ", tensor.dtype(), ' ', tensor.shape());
    const Tensor own = tensor.detach().clone().to(counts ? cpu : parameter.device());
    check(states[*number].emplace(what, own).second, name_, ": state \"", name, "\" occurs twice");
  }

  check(lr.has_value(), name_, ": the state has no \"lr\"");
  for (std::size_t i = 0; i < states.size(); ++i)
    for (const std::string& what : known)
      check(states[i].empty() || states[i].contains(what), name_, ": the state of parameter ", i,
            " has no \"", what, "\"");
  states_ = std::move(states);
  lr_ = *lr;
}

}  // namespace kindling::optim
