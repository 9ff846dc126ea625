#include "fused/optimizer_steps.h"

#include <algorithm>

#include "kindling/ops.h"
#include "kindling/optim.h"

namespace kindling::optim {

/// Whether all are on one device, of one dtype, and row-major.
template <class Updates>
static bool fit_together(const Updates& updates) {
  const Tensor& first = updates.front().parameter;
  return std::ranges::all_of(updates, [&](const auto& u) {
    const auto fits = [&](const Tensor& t) {
      return t.device() == first.device() && t.dtype() == first.dtype() && t.is_contiguous();
    };
    return fits(u.parameter) && fits(u.grad) &&
           std::ranges::all_of(u.state, [&](const auto& entry) {
             return entry.first == "step" || fits(entry.second);
           });
  });
}

bool SGD::update_all(std::vector<Update>& updates) {
  if (updates.empty()) return false;
  const auto kernel = sgd_steps.on(updates.front().parameter.device());
  if (!kernel || !fit_together(updates)) return false;
  std::vector<SgdParameter> parameters;
  parameters.reserve(updates.size());
  for (const Update& u : updates) {
    SgdParameter& p = parameters.emplace_back(SgdParameter{u.parameter, u.grad, {}, false});
    if (options_.momentum == 0) continue;
    p.is_first = !u.state.contains("momentum_buffer");
    p.momentum_buffer = p.is_first ? empty_like(u.parameter) : u.state["momentum_buffer"];
  }
  const SgdStep step{lr(), options_.momentum, options_.dampening, options_.weight_decay,
                     options_.nesterov};
  kernel(step, parameters);
  for (std::size_t i = 0; i < updates.size(); ++i) {
    const SgdParameter& p = parameters[i];
    p.parameter.storage().bump_version();
    if (!p.momentum_buffer.defined()) continue;
    p.momentum_buffer.storage().bump_version();
    updates[i].state["momentum_buffer"] = p.momentum_buffer;
  }
  return true;
}

bool Adam::update_all(std::vector<Update>& updates) {
  if (updates.empty()) return false;
  const auto kernel = adam_steps.on(updates.front().parameter.device());
  if (!kernel || !fit_together(updates)) return false;
  std::vector<AdamParameter> parameters;
  parameters.reserve(updates.size());
  for (const Update& u : updates) {
    const bool is_first = !u.state.contains("step");
    parameters.push_back({u.parameter, u.grad,
                          is_first ? zeros_like(u.parameter) : u.state["exp_avg"],
                          is_first ? zeros_like(u.parameter) : u.state["exp_avg_sq"],
                          is_first ? 1 : u.state["step"].item() + 1});
  }
  const AdamStep step{lr(),         options_.betas.first,  options_.betas.second,
                      options_.eps, options_.weight_decay, decoupled_};
  kernel(step, parameters);
  for (std::size_t i = 0; i < updates.size(); ++i) {
    const AdamParameter& p = parameters[i];
    Optimizer::State& state = updates[i].state;
    Tensor& count = state["step"];
    if (!count.defined()) count = zeros({}, int64);
    count.add_(1);
    state["exp_avg"] = p.exp_avg;
    state["exp_avg_sq"] = p.exp_avg_sq;
    for (const Tensor* changed : {&p.parameter, &p.exp_avg, &p.exp_avg_sq})
      changed->storage().bump_version();
  }
  return true;
}

}  // namespace kindling::optim
