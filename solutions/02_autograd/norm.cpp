#include <cmath>
#include <limits>

#include "axes.h"

/// How large: of deviations from the mean, and of vectors.
namespace kindling {

/// y = √(Σ (x − x̄)² / (n − c)):  dx = dy (x − x̄) / (y (n − c)), and 0 where y = 0
static Tensors std_backward(const Tensor& grad, const Saved& x, const Saved& y, const Shape& axes,
                            bool keepdim, double freedom) {
  const Tensor slope = restore_unless(keepdim, where(*y == 0, 0, grad / (*y * freedom)), axes);
  return {slope * (*x - mean(*x, axes, true))};
}

Tensor std(const Tensor& x, const Dims& dims, bool keepdim, int correction) {
  check_floating("std", x);
  const Shape axes = axes_of("std", x, dims);
  Tensor y;
  {
    NoGrad guard;
    y = sqrt(var(x, dims, keepdim, correction));
  }
  const auto freedom = static_cast<double>(folded_count(x, axes) - correction);
  return record(y, "StdBackward0", {x}, std_backward, x, y, axes, keepdim, freedom);
}

/// g sign x
static Tensor with_sign_of(const Tensor& x, const Tensor& g) {
  return primitive::zip(functors::AbsBackward{}, g, x);
}

/// y = (Σ |x|ᵖ)^(1/p):  dx = dy sign x (|x| / y)ᵖ⁻¹, and 0 where y or x is 0. For p = ±∞ that is
/// dy sign x where |x| = y, shared evenly among equals; for p = 0 it is 0.
static Tensors norm_backward(const Tensor& grad, const Saved& x, const Saved& norm, double p,
                             const Shape& axes, bool keepdim) {
  const Tensor dy = restore_unless(keepdim, grad, axes), y = restore_unless(keepdim, *norm, axes);
  if (p == 0) return {Tensor()};
  if (p == 1) return {with_sign_of(*x, dy)};
  if (p == 2) return {where(y == 0, 0, dy / y) * *x};
  if (std::isinf(p)) {
    const Tensor winners = abs(*x) == y;
    const Tensor count = sum(winners, axes, true).to(grad.dtype());
    return {with_sign_of(*x, where(winners, dy / count, 0))};
  }
  const Tensor slope = where(*x == 0, 0, pow(abs(*x), p - 1));
  return {with_sign_of(*x, where(y == 0, 0, dy / pow(y, p - 1)) * slope)};
}

/// With the folded axes kept at length 1.
static Tensor norm_of(const Tensor& x, double p, const Shape& axes) {
  if (p == 0) return primitive::reduce(Reduction::sum, (x != 0).to(x.dtype()), axes);
  if (p == 1) return primitive::reduce(Reduction::sum, abs(x), axes);
  if (p == 2) return sqrt(primitive::reduce(Reduction::sum, x * x, axes));
  if (!std::isinf(p)) return pow(primitive::reduce(Reduction::sum, pow(abs(x), p), axes), 1 / p);
  return primitive::reduce(p > 0 ? Reduction::max : Reduction::min, abs(x), axes);
}

Tensor norm(const Tensor& x, double p, const Dims& dims, bool keepdim) {
  check(x.is_floating_point(), "norm: expected a floating-point tensor, got ", x.dtype());
  check(!std::isnan(p), "norm: expected a number as p, got nan");
  const Shape axes = axes_of("norm", x, dims);
  check(folded_count(x, axes) > 0 || (p >= 0 && !std::isinf(p)), "norm: cannot compute the ", p,
        " norm on an empty tensor because the operation does not have an identity, got shape ",
        x.shape());
  Tensor y;
  {
    NoGrad guard;
    y = drop(norm_of(x, p, axes), axes, keepdim);
  }
  return record(y, "LinalgVectorNormBackward0", {x}, norm_backward, x, y, p, axes, keepdim);
}

}  // namespace kindling
