#include <algorithm>
#include <cmath>
#include <limits>

#include "promotion.h"

/// Operations on one element at a time, each under its rule; A · B and tanh are in first_rules.cpp.
/// In the rules `grad` is dL/d(result). Where an operand was broadcast, its gradient comes out in
/// the shape of the result; the walk sums it back (see sum_to).
namespace kindling {

using namespace functors;

static bool is_tensor_scalar(const Tensor& t) { return t.dim() == 0; }

DType result_type(const Tensor& a, const Tensor& b) {
  // A 0-d tensor takes part with its kind (bool, integer, floating) only, as a number would.
  const auto kind = [](DType t) { return t == float64 ? float32 : t; };
  if (is_tensor_scalar(a) != is_tensor_scalar(b)) {
    const DType strong = is_tensor_scalar(a) ? b.dtype() : a.dtype();
    const DType weak = is_tensor_scalar(a) ? a.dtype() : b.dtype();
    return kind(weak) <= kind(strong) ? strong : weak;
  }
  return std::max(a.dtype(), b.dtype());
}

DType result_type(const Tensor& a, Scalar b) { return std::max(a.dtype(), b.dtype()); }

/// k as a tensor where x is.
static Tensor number_on(const Tensor& x, Scalar k) { return full({}, k, k.dtype(), x.device()); }

/// op(x, k), without making a tensor of k where x holds floating-point numbers.
template <class Op>
static Tensor with_right(const Tensor& x, Scalar k) {
  const DType result = result_type(x, k);
  if (!is_floating_point(result)) return zip_promoted(Op{}, x, number_on(x, k));
  return primitive::map(WithRight<Op>{k.to<double>()}, primitive::cast(x, result));
}

// Arithmetic --------------------------------------------------------------------------------------

/// C = A + B:  dA = dC,  dB = dC
static Tensors add_backward(const Tensor& grad) { return {grad, grad}; }

Tensor operator+(const Tensor& a, const Tensor& b) {
  return record(zip_promoted(Add{}, a, b), "AddBackward0", {a, b}, add_backward);
}

/// C = A + k:  dA = dC
static Tensors pass_on(const Tensor& grad) { return {grad}; }

Tensor operator+(const Tensor& a, Scalar k) {
  return record(with_right<Add>(a, k), "AddBackward0", {a}, pass_on);
}
Tensor operator+(Scalar k, const Tensor& a) { return a + k; }

template <class Operand>  // a Tensor or a Scalar
static void check_no_bool_sub(const Operand& operand) {
  check(operand.dtype() != bool_,
        "subtraction, the `-` operator, with a bool tensor is not supported: use logical_xor() or "
        "logical_not()");
}

/// C = A − B:  dA = dC,  dB = −dC
static Tensors sub_backward(const Tensor& grad) { return {grad, -grad}; }

Tensor operator-(const Tensor& a, const Tensor& b) {
  check_no_bool_sub(a);
  check_no_bool_sub(b);
  return record(zip_promoted(Sub{}, a, b), "SubBackward0", {a, b}, sub_backward);
}
Tensor operator-(const Tensor& a, Scalar k) {
  check_no_bool_sub(a);
  check_no_bool_sub(k);
  if (!is_floating_point(result_type(a, k))) return zip_promoted(Sub{}, a, number_on(a, k));
  return record(with_right<Add>(a, -k.to<double>()), "SubBackward0", {a}, pass_on);
}

/// C = k − A:  dA = −dC
static Tensors negate(const Tensor& grad) { return {-grad}; }

Tensor operator-(Scalar k, const Tensor& a) {
  const DType result = result_type(a, k);
  check_no_bool_sub(a);
  check_no_bool_sub(k);
  const Tensor out = is_floating_point(result)
                         ? primitive::map(WithLeft<Sub>{k.to<double>()}, primitive::cast(a, result))
                         : zip_promoted(Sub{}, number_on(a, k), a);
  return record(out, "RsubBackward1", {a}, negate);
}

/// C = A k:  dA = dC k
static Tensors mul_number_backward(const Tensor& grad, Scalar k) { return {grad * k}; }

Tensor operator*(const Tensor& a, Scalar k) {
  return record(with_right<Mul>(a, k), "MulBackward0", {a}, mul_number_backward, k);
}
Tensor operator*(Scalar k, const Tensor& a) { return a * k; }

/// C = A / B:  dA = dC / B,  dB = −dC A / B²
static Tensors div_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = grad / *b;
  if (b.wants_grad()) db = -grad * ((*a / *b) / *b);
  return {da, db};
}

Tensor operator/(const Tensor& a, const Tensor& b) {
  const DType computed = std::max(result_type(a, b), float32);
  return record(primitive::zip(Div{}, primitive::cast(a, computed), primitive::cast(b, computed)),
                "DivBackward0", {a, b}, div_backward, a, b);
}

/// C = A / k:  dA = dC / k
static Tensors div_number_backward(const Tensor& grad, Scalar k) { return {grad / k}; }

Tensor operator/(const Tensor& a, Scalar k) {
  return record(map_floating(WithRight<Div>{k.to<double>()}, primitive::cast(a, result_type(a, k))),
                "DivBackward0", {a}, div_number_backward, k);
}

/// C = k / A:  dA = −dC C / A. (PyTorch multiplies k by 1 / A, whence the name.)
static Tensors number_div_backward(const Tensor& grad, const Saved& a, const Saved& out) {
  return {-grad * (*out / *a)};
}

Tensor operator/(Scalar k, const Tensor& a) {
  Tensor out = map_floating(WithLeft<Div>{k.to<double>()}, primitive::cast(a, result_type(a, k)));
  return record(out, "MulBackward0", {a}, number_div_backward, a, out);
}

/// y = −x:  dx = −dy, by the rule of k − A
Tensor operator-(const Tensor& x) {
  check(x.dtype() != bool_,
        "negation, the `-` operator, on a bool tensor is not supported: use logical_not()");
  return record(primitive::map(Neg{}, x), "NegBackward0", {x}, negate);
}

// Powers ------------------------------------------------------------------------------------------

static void check_no_bool_pow(DType result) {
  check(result != bool_, "pow: expected a number as base or exponent, got bools only");
}

/// xᵏ; the commonest powers without a pow(), as in PyTorch.
static Tensor power(const Tensor& x, Scalar exponent) {
  const DType result = result_type(x, exponent);
  const double k = exponent.to<double>();
  if (!is_floating_point(result)) return with_right<Pow>(x, exponent);
  const Tensor base = primitive::cast(x, result);
  if (k == 2) return primitive::zip(Mul{}, base, base);
  if (k == 3) return primitive::zip(Mul{}, primitive::zip(Mul{}, base, base), base);
  if (k == 0.5) return primitive::map(Sqrt{}, base);
  if (k == -1) return primitive::map(WithLeft<Div>{1}, base);
  return primitive::map(WithRight<Pow>{k}, base);
}

/// y = xᵏ:  dx = dy k xᵏ⁻¹
static Tensors pow_backward(const Tensor& grad, const Saved& x, double k) {
  if (k == 0) return {zeros_like(grad)};
  if (k == 2) return {grad * (*x * 2)};
  return {grad * (pow(*x, k - 1) * k)};
}

Tensor pow(const Tensor& x, Scalar exponent) {
  check_no_bool_pow(result_type(x, exponent));
  if (!is_floating_point(result_type(x, exponent)))
    check(exponent.to<std::int64_t>() >= 0,
          "pow: integers to negative integer powers are not allowed, got exponent ",
          exponent.to<std::int64_t>());
  return record(power(x, exponent), "PowBackward0", {x}, pow_backward, x, exponent.to<double>());
}

/// y = aᵇ:  da = dy b aᵇ⁻¹ (0 where b = 0),  db = dy y log a (0 where a = 0 and b ≥ 0)
static Tensors pow_tensor_backward(const Tensor& grad, const Saved& a, const Saved& b,
                                   const Saved& y) {
  Tensor da, db;
  if (a.wants_grad()) da = where(*b == 0, 0, grad * (*b * pow(*a, b->to(grad.dtype()) - 1)));
  if (b.wants_grad()) db = where(logical_and(*a == 0, *b >= 0), 0, grad * (*y * log(*a)));
  return {da, db};
}

Tensor pow(const Tensor& a, const Tensor& b) {
  check_no_bool_pow(result_type(a, b));
  Tensor y = zip_promoted(Pow{}, a, b);
  return record(y, "PowBackward1", {a, b}, pow_tensor_backward, a, b, y);
}

/// y = kˣ:  dx = dy y log k (0 where k = 0 and x ≥ 0)
static Tensors number_pow_backward(const Tensor& grad, const Saved& x, const Saved& y, double k) {
  const Tensor dx = grad * (*y * std::log(k));
  return {k == 0 ? where(*x >= 0, 0, dx) : dx};
}

Tensor pow(Scalar base, const Tensor& x) {
  const DType result = result_type(x, base);
  check_no_bool_pow(result);
  const double k = base.to<double>();
  Tensor y = is_floating_point(result)
                 ? primitive::map(WithLeft<Pow>{k}, primitive::cast(x, result))
                 : zip_promoted(Pow{}, number_on(x, base), x);
  return record(y, "PowBackward2", {x}, number_pow_backward, x, y, k);
}

// Functions of one number -------------------------------------------------------------------------

/// y = eˣ:  dx = dy y
static Tensors exp_backward(const Tensor& grad, const Saved& y) { return {grad * *y}; }

Tensor exp(const Tensor& x) {
  Tensor y = map_floating(Exp{}, x);
  return record(y, "ExpBackward0", {x}, exp_backward, y);
}

/// y = log x:  dx = dy / x
static Tensors log_backward(const Tensor& grad, const Saved& x) { return {grad / *x}; }

Tensor log(const Tensor& x) {
  return record(map_floating(Log{}, x), "LogBackward0", {x}, log_backward, x);
}

/// y = log(1 + x):  dx = dy / (1 + x)
static Tensors log1p_backward(const Tensor& grad, const Saved& x) { return {grad / (*x + 1)}; }

Tensor log1p(const Tensor& x) {
  return record(map_floating(Log1p{}, x), "Log1PBackward0", {x}, log1p_backward, x);
}

/// y = √x:  dx = dy / 2y
static Tensors sqrt_backward(const Tensor& grad, const Saved& y) { return {grad / (*y * 2)}; }

Tensor sqrt(const Tensor& x) {
  Tensor y = map_floating(Sqrt{}, x);
  return record(y, "SqrtBackward0", {x}, sqrt_backward, y);
}

/// y = |x|:  dx = dy sign x
static Tensors abs_backward(const Tensor& grad, const Saved& x) {
  return {primitive::zip(AbsBackward{}, grad, *x)};
}

Tensor abs(const Tensor& x) {
  check(x.dtype() != bool_, "abs: expected numbers, got a bool tensor");
  return record(primitive::map(Abs{}, x), "AbsBackward0", {x}, abs_backward, x);
}

/// y = 1 / (1 + e⁻ˣ):  dx = dy y (1 − y)
static Tensors sigmoid_backward(const Tensor& grad, const Saved& y) {
  return {primitive::zip(SigmoidBackward{}, grad, *y)};
}

Tensor sigmoid(const Tensor& x) {
  Tensor y = map_floating(Sigmoid{}, x);
  return record(y, "SigmoidBackward0", {x}, sigmoid_backward, y);
}

/// y = max(x, 0):  dx = dy where y > 0
static Tensors relu_backward(const Tensor& grad, const Saved& y) {
  return {primitive::zip(ReluBackward{}, grad, *y)};
}

Tensor relu(const Tensor& x) {
  check(x.dtype() != bool_, "relu: expected numbers, got a bool tensor");
  Tensor y = primitive::map(Relu{}, x);
  return record(y, "ReluBackward0", {x}, relu_backward, y);
}

/// y = x Φ(x):  dx = dy (Φ(x) + x φ(x))
static Tensors gelu_backward(const Tensor& grad, const Saved& x) {
  return {primitive::zip(GeluBackward{}, grad, *x)};
}

Tensor gelu(const Tensor& x) {
  check(x.is_floating_point(), "gelu: expected a floating-point tensor, got ", x.dtype());
  return record(primitive::map(Gelu{}, x), "GeluBackward0", {x}, gelu_backward, x);
}

/// y = x σ(2u):  dx = dy (σ + x σ (1 − σ) d2u/dx)
static Tensors gelu_tanh_backward(const Tensor& grad, const Saved& x) {
  return {primitive::zip(GeluTanhBackward{}, grad, *x)};
}

Tensor gelu(const Tensor& x, std::string_view approximate) {
  check(approximate == "none" || approximate == "tanh",
        "gelu: approximate argument must be either none or tanh, got ", approximate);
  if (approximate == "none") return gelu(x);
  check(x.is_floating_point(), "gelu: expected a floating-point tensor, got ", x.dtype());
  return record(primitive::map(GeluTanh{}, x), "GeluBackward0", {x}, gelu_tanh_backward, x);
}

/// y = min(max(x, low), high):  dx = dy where low ≤ x ≤ high
static Tensors clamp_backward(const Tensor& grad, const Saved& x, double low, double high) {
  return {primitive::zip(ClampBackward{low, high}, grad, *x)};
}

Tensor clamp(const Tensor& x, std::optional<Scalar> min, std::optional<Scalar> max) {
  check(min || max, "clamp: at least one of min or max must be given");
  const DType result = std::max(min ? result_type(x, *min) : x.dtype(),  // float32, if 1 ≤ x ≤ 2.5
                                max ? result_type(x, *max) : x.dtype());
  check(result != bool_, "clamp: expected numbers, got a bool tensor and bool bounds");
  if (!is_floating_point(result)) {  // infinity is no integer: each bound is applied by itself
    Tensor y = x;
    if (min) y = zip_promoted(Maximum{}, y, number_on(x, *min));
    if (max) y = zip_promoted(Minimum{}, y, number_on(x, *max));
    return y;
  }
  if (!x.is_floating_point()) return clamp(primitive::cast(x, result), min, max);
  constexpr double infinity = std::numeric_limits<double>::infinity();
  // A bound that x's dtype cannot hold is refused, as in PyTorch.
  const auto bound = [&](Scalar k) {
    return dispatch(result, [&]<class T>() { return static_cast<double>(k.to<T>()); });
  };
  const double low = min ? bound(*min) : -infinity;
  const double high = max ? bound(*max) : infinity;
  check(low == low && high == high, "clamp: expected bounds that are numbers, got ", low, " and ",
        high);
  return record(primitive::map(Clamp{low, high}, x), "ClampBackward1", {x}, clamp_backward, x, low,
                high);
}

// The larger and the smaller ----------------------------------------------------------------------

/// y = max(a, b):  da = dy where a > b,  db = dy where b > a,  and half of it to each where they
/// are equal
static Tensors maximum_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  const Tensor shared = where(*a == *b, grad / 2, grad);
  return {where(*a < *b, 0, shared), where(*b < *a, 0, shared)};
}

Tensor maximum(const Tensor& a, const Tensor& b) {
  return record(zip_promoted(Maximum{}, a, b), "MaximumBackward0", {a, b}, maximum_backward, a, b);
}

/// y = min(a, b):  a is left out where b < a, as in max(b, a) the first operand is
Tensor minimum(const Tensor& a, const Tensor& b) {
  return record(zip_promoted(Minimum{}, a, b), "MinimumBackward0", {a, b}, maximum_backward, b, a);
}

}  // namespace kindling
