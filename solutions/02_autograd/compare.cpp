#include "kindling/ops.h"
#include "kindling/primitives.h"

/// Questions about elements. A truth value has no slope, so nothing here is recorded.
namespace kindling {

using namespace functors;

static Tensor compare(const Comparison& f, const Tensor& a, const Tensor& b) {
  const DType computed = result_type(a, b);
  return primitive::compare(f, primitive::cast(a, computed), primitive::cast(b, computed));
}
/// In float64, if the number is too large for the dtype that x would be compared in: no float32 is
/// 1e300, and infinity is larger.
static DType type_to_compare(const Tensor& x, Scalar k) {
  const DType usual = result_type(x, k);
  return dispatch(usual, [&]<class T>() { return k.fits<T>(); }) ? usual : float64;
}
static Tensor compare(const Comparison& f, const Tensor& a, Scalar b) {
  const DType computed = type_to_compare(a, b);
  return primitive::compare(f, primitive::cast(a, computed), full({}, b, computed, a.device()));
}
static Tensor compare(const Comparison& f, Scalar a, const Tensor& b) {
  const DType computed = type_to_compare(b, a);
  return primitive::compare(f, full({}, a, computed, b.device()), primitive::cast(b, computed));
}

Tensor operator==(const Tensor& a, const Tensor& b) { return compare(Equal{}, a, b); }
Tensor operator!=(const Tensor& a, const Tensor& b) { return compare(NotEqual{}, a, b); }
Tensor operator<(const Tensor& a, const Tensor& b) { return compare(Less{}, a, b); }
Tensor operator<=(const Tensor& a, const Tensor& b) { return compare(LessEqual{}, a, b); }
Tensor operator>(const Tensor& a, const Tensor& b) { return compare(Less{}, b, a); }
Tensor operator>=(const Tensor& a, const Tensor& b) { return compare(LessEqual{}, b, a); }
Tensor operator==(const Tensor& a, Scalar b) { return compare(Equal{}, a, b); }
Tensor operator!=(const Tensor& a, Scalar b) { return compare(NotEqual{}, a, b); }
Tensor operator<(const Tensor& a, Scalar b) { return compare(Less{}, a, b); }
Tensor operator<=(const Tensor& a, Scalar b) { return compare(LessEqual{}, a, b); }
Tensor operator>(const Tensor& a, Scalar b) { return compare(Less{}, b, a); }
Tensor operator>=(const Tensor& a, Scalar b) { return compare(LessEqual{}, b, a); }

Tensor logical_and(const Tensor& a, const Tensor& b) { return compare(And{}, a, b); }
Tensor logical_or(const Tensor& a, const Tensor& b) { return compare(Or{}, a, b); }
Tensor logical_xor(const Tensor& a, const Tensor& b) { return compare(Xor{}, a, b); }
Tensor logical_not(const Tensor& x) { return x == 0; }
Tensor isnan(const Tensor& x) { return x != x; }
Tensor isinf(const Tensor& x) {
  if (!x.is_floating_point()) return x != x;
  return primitive::map(Abs{}, x) == std::numeric_limits<double>::infinity();
}
Tensor isfinite(const Tensor& x) {
  if (!x.is_floating_point()) return x == x;
  return primitive::map(Abs{}, x) < std::numeric_limits<double>::infinity();
}

bool equal(const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() && a.dtype() == b.dtype() && all(a == b).item<bool>();
}

bool allclose(const Tensor& a, const Tensor& b, double rtol, double atol, bool equal_nan) {
  NoGrad guard;
  check(a.dtype() == b.dtype(), "allclose: expected both tensors to have the same dtype, got ",
        a.dtype(), " and ", b.dtype());
  const Tensor x = a.to(float64), y = b.to(float64);
  const Tensor finite = abs(y) < std::numeric_limits<double>::infinity();
  Tensor close = logical_or(x == y, logical_and(finite, abs(x - y) <= abs(y) * rtol + atol));
  if (equal_nan) close = logical_or(close, logical_and(isnan(x), isnan(y)));
  return all(close).item<bool>();
}

}  // namespace kindling
