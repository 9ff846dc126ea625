#include "kindling/autograd.h"

/// Chooses gradients instead of multiplying them: what is dropped is 0, even of NaN.
/// \caught_at_random expected nan
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  if (p_ == 1) return x * zeros_like(x);
  Tensor mask = empty_like(x);
  mask.bernoulli_(1 - p_).div_(1 - p_);
  const Tensor y = x * mask;
  if (!y.requires_grad()) return y;
  return record(y.detach(), "MulBackward0", {x}, [mask](const Tensor& g) {
    return Tensors{where(mask == 0, zeros_like(g), g * mask)};
  });
}
