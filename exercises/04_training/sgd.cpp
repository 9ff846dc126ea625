#include "kindling/ops.h"
#include "kindling/optim.h"
#include "kindling/primitives.h"

namespace kindling::optim {

SGD::SGD(Tensors params, const SGDOptions& options)
    : Optimizer("SGD", std::move(params), options.lr), options_(options) {
  check(options.momentum >= 0, "SGD: invalid momentum value: ", options.momentum);
  check(options.weight_decay >= 0, "SGD: invalid weight_decay value: ", options.weight_decay);
  check(!options.nesterov || (options.momentum > 0 && options.dampening == 0),
        "SGD: Nesterov momentum requires a momentum and zero dampening, got momentum=",
        options.momentum, " and dampening=", options.dampening);
}

std::vector<std::string> SGD::state_names() const {
  if (options_.momentum == 0) return {};
  return {"momentum_buffer"};
}

/// \exercise{4.3} With g the gradient, p the parameter, λ the weight decay, μ the momentum and τ
/// the dampening:
///
///     g ← g + λ p                                  if λ ≠ 0
///     b ← g in the first step, then μ b + (1 − τ) g     if μ ≠ 0
///     g ← g + μ b with Nesterov, else b             if μ ≠ 0
///     p ← p − lr() g
///
/// b is state["momentum_buffer"], undefined at first, and a tensor of its own. The parameter and
/// its state change in place; the gradient, which is the caller's, does not. Without momentum, the
/// state stays empty.
void SGD::update(Tensor& parameter, const Tensor& grad, State& state) {
  throw NotImplemented("4.3");
}

}  // namespace kindling::optim
