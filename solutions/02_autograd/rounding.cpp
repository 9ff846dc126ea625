#include "promotion.h"

/// Numbers to whole ones. These functions are flat but for steps: their slope is 0 where there is
/// one.
namespace kindling {

using namespace functors;

/// y is constant but for steps:  dx = 0
static Tensors flat_backward(const Tensor& grad) { return {zeros_like(grad)}; }

static Tensor rounded(const char* operation, const char* grad_fn, const Unary& f, const Tensor& x) {
  check(x.dtype() != bool_, operation, ": expected numbers, got a bool tensor");
  const Tensor y = x.is_floating_point() ? primitive::map(f, x) : primitive::copy(x);
  return record(y, grad_fn, {x}, flat_backward);
}

Tensor floor(const Tensor& x) { return rounded("floor", "FloorBackward0", Floor{}, x); }
Tensor ceil(const Tensor& x) { return rounded("ceil", "CeilBackward0", Ceil{}, x); }
Tensor round(const Tensor& x) { return rounded("round", "RoundBackward0", Round{}, x); }

// Division with a remainder -----------------------------------------------------------------------

/// k as a tensor where `a` is.
static Tensor divisor(const Tensor& a, Scalar k) { return full({}, k, k.dtype(), a.device()); }

static void check_division(const char* operation, const Tensor& a, const Tensor& b) {
  primitive::check_same_device(a, b);
  const DType result = result_type(a, b);
  check(result != bool_, operation, ": expected numbers, got bool tensors");
  // On a GPU, to look would be to wait for it.
  if (is_floating_point(result) || a.device() != cpu || a.numel() == 0) return;
  check(!any(b == 0).item<bool>(), operation, ": integer division by zero");
}

/// C = ⌊A / B⌋, flat but for steps:  dA = 0,  dB = 0
static Tensors floor_divide_backward(const Tensor& grad) {
  const Tensor zero = zeros_like(grad);
  return {zero, zero};
}

Tensor floor_divide(const Tensor& a, const Tensor& b) {
  check_division("floor_divide", a, b);
  return record(zip_promoted(FloorDivide{}, a, b), "DivBackward2", {a, b}, floor_divide_backward);
}
Tensor floor_divide(const Tensor& a, Scalar b) {
  const Tensor by = divisor(a, b);
  check_division("floor_divide", a, by);
  return record(zip_promoted(FloorDivide{}, a, by), "DivBackward2", {a}, flat_backward);
}

/// C = A − B ⌊A / B⌋:  dA = dC,  dB = −dC ⌊A / B⌋
static Tensors remainder_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor db;
  if (b.wants_grad()) db = -grad * floor_divide(*a, *b);
  return {grad, db};
}

Tensor remainder(const Tensor& a, const Tensor& b) {
  check_division("remainder", a, b);
  return record(zip_promoted(Remainder{}, a, b), "RemainderBackward1", {a, b}, remainder_backward,
                a, b);
}

/// C = A − k ⌊A / k⌋:  dA = dC
static Tensors remainder_by_number_backward(const Tensor& grad) { return {grad}; }

Tensor remainder(const Tensor& a, Scalar b) {
  const Tensor by = divisor(a, b);
  check_division("remainder", a, by);
  return record(zip_promoted(Remainder{}, a, by), "RemainderBackward0", {a},
                remainder_by_number_backward);
}

}  // namespace kindling
