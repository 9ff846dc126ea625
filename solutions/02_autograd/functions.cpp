#include <cmath>
#include <numbers>

#include "promotion.h"

/// More functions of one number, each under its rule, as in elementwise.cpp. Integers are computed
/// as float32.
namespace kindling {

using namespace functors;

/// y = 1 / √x:  dx = −dy y³ / 2
static Tensors rsqrt_backward(const Tensor& grad, const Saved& y) {
  return {grad * -0.5 * pow(*y, 3)};
}

Tensor rsqrt(const Tensor& x) {
  Tensor y = map_floating(Rsqrt{}, x);
  return record(y, "RsqrtBackward0", {x}, rsqrt_backward, y);
}

/// y = sin x:  dx = dy cos x
static Tensors sin_backward(const Tensor& grad, const Saved& x) { return {grad * cos(*x)}; }

Tensor sin(const Tensor& x) {
  return record(map_floating(Sin{}, x), "SinBackward0", {x}, sin_backward, x);
}

/// y = cos x:  dx = −dy sin x
static Tensors cos_backward(const Tensor& grad, const Saved& x) { return {grad * -sin(*x)}; }

Tensor cos(const Tensor& x) {
  return record(map_floating(Cos{}, x), "CosBackward0", {x}, cos_backward, x);
}

/// y = erf x:  dx = dy 2/√π exp(−x²)
static Tensors erf_backward(const Tensor& grad, const Saved& x) {
  return {grad * exp(-(*x * *x)) * (2 * std::numbers::inv_sqrtpi)};
}

Tensor erf(const Tensor& x) {
  return record(map_floating(Erf{}, x), "ErfBackward0", {x}, erf_backward, x);
}

}  // namespace kindling
