#include <cmath>

#include "kindling/ops.h"
#include "kindling/optim.h"

/// One unlucky batch can have a gradient that throws the parameters far away. Clipping keeps its
/// direction and bounds its length.
namespace kindling::nn::utils {

static Tensors gradients_of(const Tensors& parameters) {
  Tensors grads;
  for (const Tensor& parameter : parameters)
    if (const Tensor grad = parameter.grad(); grad.defined()) grads.push_back(grad);
  return grads;
}

/// The p-norm; 0 of nothing, also for p = ∞.
static double length(const Tensor& x, double p) { return x.numel() == 0 ? 0 : norm(x, p).item(); }

double clip_grad_norm_(const Tensors& parameters, double max_norm, double norm_type,
                       bool error_if_nonfinite) {
  check(max_norm >= 0, "clip_grad_norm_: max_norm must be non-negative, got ", max_norm);
  check(norm_type > 0, "clip_grad_norm_: norm_type must be positive, got ", norm_type);
  NoGrad guard;
  Tensors grads = gradients_of(parameters);
  if (grads.empty()) return 0;
  std::vector<double> norms;  // the norm of all is the norm of the norms
  for (const Tensor& grad : grads) norms.push_back(length(grad, norm_type));
  const double total = length(tensor(norms), norm_type);
  check(!error_if_nonfinite || std::isfinite(total), "clip_grad_norm_: the total norm of order ",
        norm_type, " of the gradients is non-finite (", total, "), so they cannot be clipped");
  const double factor =
      max_norm / (total + 1e-6);  // NaN if the norm is, and so are the gradients then
  if (!(factor >= 1))
    for (Tensor& grad : grads) grad.mul_(factor);
  return total;
}

void clip_grad_value_(const Tensors& parameters, double clip_value) {
  check(clip_value >= 0, "clip_grad_value_: clip_value must be non-negative, got ", clip_value);
  NoGrad guard;
  for (Tensor& grad : gradients_of(parameters)) grad.clamp_(-clip_value, clip_value);
}

}  // namespace kindling::nn::utils
