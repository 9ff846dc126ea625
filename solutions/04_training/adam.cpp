#include <cmath>

#include "kindling/ops.h"
#include "kindling/optim.h"
#include "kindling/primitives.h"

namespace kindling::optim {

using namespace functors;
using primitive::zip, primitive::zip_;

Adam::Adam(std::string name, Tensors params, const AdamOptions& options, bool decoupled)
    : Optimizer(name, std::move(params), options.lr), options_(options), decoupled_(decoupled) {
  const auto [beta1, beta2] = options.betas;
  check(options.eps >= 0, name, ": invalid epsilon value: ", options.eps);
  check(0 <= beta1 && beta1 < 1, name, ": invalid beta parameter at index 0: ", beta1,
        ", expected one in [0, 1)");
  check(0 <= beta2 && beta2 < 1, name, ": invalid beta parameter at index 1: ", beta2,
        ", expected one in [0, 1)");
  check(options.weight_decay >= 0, name, ": invalid weight_decay value: ", options.weight_decay);
}

/// \exercise{4.4} With g the gradient, p the parameter, λ the weight decay, t = 1, 2, … the number
/// of the step:
///
///     p ← p − lr() λ p                  AdamW (decoupled_)
///     g ← g + λ p                       Adam, if λ ≠ 0
///     m ← β₁ m + (1 − β₁) g             state["exp_avg"], zeros at first
///     v ← β₂ v + (1 − β₂) g²            state["exp_avg_sq"], zeros at first
///     p ← p − lr() m̂ / (√v̂ + ε)         m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)
///
/// m̂ and v̂ undo that m and v start at 0, which pulls them down. t is state["step"], an int64
/// scalar on the CPU. Before the first step, the state is empty. The parameter and its state change
/// in place; the gradient, which is the caller's, does not.
void Adam::update(Tensor& parameter, const Tensor& grad, State& state) {
  const auto [beta1, beta2] = options_.betas;
  Tensor& step = state["step"];
  Tensor& m = state["exp_avg"];
  Tensor& v = state["exp_avg_sq"];
  if (!step.defined()) {
    step = zeros({}, int64);
    m = zeros_like(parameter);
    v = zeros_like(parameter);
  }
  step.add_(1);
  const double t = step.item();

  Tensor g = grad;
  if (decoupled_) {
    parameter.mul_(1 - lr() * options_.weight_decay);
  } else if (options_.weight_decay != 0) {
    g = g + parameter * options_.weight_decay;
  }

  // Each line is one pass over memory. Of one operation each, they would be twice as many.
  zip_("Adam", Axpby{beta1, 1 - beta1}, m, g);
  zip_("Adam", DecayedSquare{beta2}, v, g);
  const double m_bias = 1 - std::pow(beta1, t);
  const double v_bias = 1 - std::pow(beta2, t);
  const Tensor direction = zip(AdamDirection{std::sqrt(v_bias), options_.eps}, m, v);
  parameter.add_(direction, -lr() / m_bias);
}

}  // namespace kindling::optim
