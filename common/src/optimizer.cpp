#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

#include "class_name.h"
#include "error_text.h"
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

void Optimizer::set_lr(double lr) {
  lr_ = checked_lr(name_, lr);
  if (std::exchange(lr_is_of_a_schedule_, false)) initial_lr_.reset();
}

/// How far a run may have counted: beyond it, not every number is a double, and nothing overflows
/// long before.
static constexpr std::int64_t most_steps = std::int64_t{1} << 53;

/// What an optimiser remembers of `parameter`, where and in which dtype the parameter is by now.
/// Steps are counted on the CPU.
static Tensor beside(const Tensor& parameter, const std::string& name, const Tensor& remembered) {
  if (name == "step") return remembered.to(cpu);
  return remembered.to(parameter.dtype()).to(parameter.device());
}

void Optimizer::step() {
  NoGrad guard;
  std::vector<Update> updates;
  updates.reserve(params_.size());
  for (std::size_t i = 0; i < params_.size(); ++i)
    if (Tensor grad = params_[i].grad(); grad.defined()) {
      for (auto& [name, tensor] : states_[i]) tensor = beside(params_[i], name, tensor);
      updates.push_back({params_[i], std::move(grad), states_[i]});
    }
  if (update_all(updates)) return;
  for (Update& one : updates) update(one.parameter, one.grad, one.state);
}

void Optimizer::zero_grad() {
  for (Tensor& parameter : params_) parameter.set_grad(Tensor());
}

NamedTensors Optimizer::named_state() const {
  NamedTensors found{{"lr", full({}, lr_, float64)}};
  if (initial_lr_) found.emplace_back("initial_lr", full({}, *initial_lr_, float64));
  for (std::size_t i = 0; i < states_.size(); ++i)
    for (const auto& [name, tensor] : states_[i])
      found.emplace_back(std::to_string(i) + '.' + name, beside(params_[i], name, tensor));
  found.emplace_back("class." + name_, full({}, true, bool_));
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
  NoGrad guard;
  std::vector<State> states(params_.size());
  std::optional<double> lr, initial_lr;
  const std::vector<std::string> known = state_names();

  for (const auto& [name, tensor] : state) check_class_mark(name_, name);
  for (const auto& [name, tensor] : state) {
    const std::string shown = in_quotes(name);
    check(tensor.defined(), name_, ": state ", shown, " is undefined");
    if (is_class_mark(name)) continue;
    if (name == "lr" || name == "initial_lr") {
      std::optional<double>& rate = name == "lr" ? lr : initial_lr;
      check(!rate && tensor.numel() == 1, name_, ": expected one number ", shown,
            " in the state, got shape ", tensor.shape());
      rate = checked_lr(name_, tensor.item());
      continue;
    }
    const auto number = parameter_number(name);
    const std::string what = name.substr(name.find('.') + 1);
    check(number && std::ranges::find(known, what) != known.end(), name_, ": unexpected state ",
          shown);
    check(*number < params_.size(), name_, ": state ", shown,
          " is for a parameter that is not there: it has ", params_.size());
    const Tensor& parameter = params_[*number];
    const bool counts = what == "step";
    const Shape expected = counts ? Shape{} : parameter.shape();
    const bool converts = counts ? tensor.dtype() == int64 : tensor.is_floating_point();
    check(tensor.shape() == expected && converts, name_, ": expected state ", shown, " to be ",
          counts ? int64 : parameter.dtype(), ' ', expected, ", got ", tensor.dtype(), ' ',
          tensor.shape());
    Tensor own = beside(parameter, what, tensor.detach());
    if (own.storage() == tensor.storage()) own = own.clone();
    if (counts) {
      const auto steps = own.item<std::int64_t>();
      check(0 <= steps && steps <= most_steps, name_, ": expected state ", shown,
            " to be a number of steps from 0 to 2^53, got ", steps);
    }
    check(states[*number].emplace(what, own).second, name_, ": state ", shown, " occurs twice");
  }

  check(lr.has_value(), name_, ": the state has no \"lr\"");
  for (std::size_t i = 0; i < states.size(); ++i)
    for (const std::string& what : known)
      check(states[i].empty() || states[i].contains(what), name_, ": the state of parameter ", i,
            " has no \"", what, "\"");
  // From here on, nothing can fail.
  states_ = std::move(states);
  lr_ = *lr;
  lr_is_of_a_schedule_ = initial_lr.has_value();
  if (initial_lr) initial_lr_ = initial_lr;
}

}  // namespace kindling::optim
