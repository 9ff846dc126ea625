#include "fused/softmax.h"

#include "kindling/ops.h"

namespace kindling {

/// y = softmax x:  dx = y (dy − Σ dy y)
static Tensors softmax_backward(const Tensor& grad, const Saved& y, std::int64_t dim) {
  return {*y * (grad - sum(grad * *y, dim, true))};
}

Tensor softmax(const Tensor& x, std::int64_t at) {
  check(x.is_floating_point(), "softmax: expected a floating-point tensor, got ", x.dtype());
  const std::int64_t dim = normalize_dim("softmax", at, x.dim());
  if (Tensor fused = fused_softmax(x, dim, false); fused.defined()) return fused;
  Tensor y;
  {
    NoGrad guard;
    if (x.numel() == 0) {
      y = x.clone();
    } else {
      const Tensor powers = exp(x - amax(x, dim, true));  // at most e⁰: nothing overflows
      y = powers / sum(powers, dim, true);
    }
  }
  return record(y, "SoftmaxBackward0", {x}, softmax_backward, y, dim);
}

}  // namespace kindling
