#pragma once
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <variant>

#ifdef __CUDACC__
#define KINDLING_HOST_DEVICE __host__ __device__
#else
#define KINDLING_HOST_DEVICE
#endif

/// What one element of an operation computes. The same struct serves a number, a SIMD register
/// (xsimd finds its own exp, tanh, select … by argument-dependent lookup) and a GPU thread.
/// Constants are cast to the type of the element, or float kernels would run in double. A new
/// elementwise operation is a struct in a variant below, and a function in ops.h.
///
/// Threads: functors are values without state that changes; any thread may call a copy.
namespace kindling::functors {

/// condition ? a : b, under a name that SIMD registers know too.
template <class T>
KINDLING_HOST_DEVICE T select(bool condition, T a, T b) {
  return condition ? a : b;
}

/// What X is added, multiplied and negated as: int64 as uint64, all others as they are. Where
/// integers overflow, they wrap around, as in PyTorch; C++ promises that of unsigned ones only.
template <class X>
using Wrapping = std::conditional_t<std::is_same_v<X, std::int64_t>, std::uint64_t, X>;
template <class X>
KINDLING_HOST_DEVICE Wrapping<X> wrapping(X x) {
  return static_cast<Wrapping<X>>(x);
}

/// −x. xsimd computes it as 0 − x, which makes +0 of +0; so the sign bit is turned over.
struct Neg {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X x) const {
    if constexpr (std::is_arithmetic_v<X>)
      return static_cast<X>(-wrapping(x));
    else
      return x ^ X(-0.0);
  }
};

struct Abs {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X x) const {
    using std::abs;
    if constexpr (std::is_integral_v<X>)
      return x < 0 ? Neg{}(x) : x;  // the smallest int64 stays as it is
    else
      return abs(x);
  }
};

/// log(1 + x). xsimd makes +0 of −0.
struct Log1p {
  template <class X>
  KINDLING_HOST_DEVICE auto operator()(X x) const {
    using std::log1p;
    if constexpr (std::is_arithmetic_v<X>)
      return log1p(x);
    else
      return select(x == X(0), x, log1p(x));
  }
};

// clang-format off
struct Log  { KINDLING_HOST_DEVICE auto operator()(auto x) const { using std::log; return log(x); } };
struct Sqrt { KINDLING_HOST_DEVICE auto operator()(auto x) const { using std::sqrt; return sqrt(x); } };
struct Tanh { KINDLING_HOST_DEVICE auto operator()(auto x) const { using std::tanh; return tanh(x); } };
struct Sin  { KINDLING_HOST_DEVICE auto operator()(auto x) const { using std::sin; return sin(x); } };
struct Cos  { KINDLING_HOST_DEVICE auto operator()(auto x) const { using std::cos; return cos(x); } };
struct Erf  { KINDLING_HOST_DEVICE auto operator()(auto x) const { using std::erf; return erf(x); } };
// clang-format on

/// What rounding makes of x, with the sign of x: registers that have no instruction for rounding
/// lose that of zero.
template <class X>
KINDLING_HOST_DEVICE X with_sign_of(X rounded, X x) {
  if constexpr (std::is_arithmetic_v<X>)
    return rounded;
  else
    return copysign(rounded, x);
}

/// ⌊x⌋
struct Floor {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X x) const {
    using std::floor;
    if constexpr (std::is_integral_v<X>)
      return x;
    else
      return with_sign_of(floor(x), x);
  }
};

/// ⌈x⌉
struct Ceil {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X x) const {
    using std::ceil;
    if constexpr (std::is_integral_v<X>)
      return x;
    else
      return with_sign_of(ceil(x), x);
  }
};

/// The nearest whole number, of two as near the even one.
struct Round {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X x) const {
    using std::nearbyint;
    if constexpr (std::is_integral_v<X>)
      return x;
    else
      return with_sign_of(nearbyint(x), x);
  }
};

/// 1 / √x
struct Rsqrt {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X x) const {
    using std::sqrt;
    if constexpr (std::is_integral_v<X>)
      return static_cast<X>(1 / sqrt(x));
    else
      return X(1) / sqrt(x);
  }
};

/// eˣ. In SIMD registers, what would be less than about 8e-39 becomes 0.
struct Exp {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X x) const {
    using std::exp;
    if constexpr (std::is_arithmetic_v<X>) {
      return exp(x);
    } else {  // xsimd's is infinite from 88.38 on, and float's largest number is e^88.72
      constexpr double step = 0.693359375, factor = 2.000424433965478;  // e^step; x − step is exact
      const auto is_large = x > X(88);
      return exp(select(is_large, x - X(step), x)) * select(is_large, X(factor), X(1));
    }
  }
};

/// 1 / (1 + e⁻ˣ)
struct Sigmoid {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X x) const {
    using std::exp;
    return X(1) / (X(1) + exp(-x));
  }
};

/// max(x, 0); NaN stays NaN, and −0 stays −0.
struct Relu {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X x) const {
    return select(x < X(0), X(0), x);
  }
};

/// c₀ + c₁ x + c₂ x² + …, from the last coefficient to the first: Horner's rule.
template <class X>
KINDLING_HOST_DEVICE X polynomial(X, double c) {
  return X(c);
}
template <class X, class... More>
KINDLING_HOST_DEVICE X polynomial(X x, double c, More... more) {
  return polynomial(x, more...) * x + X(c);
}

/// Φ(x), the normal distribution function: ½ (1 + erf(x / √2)). For float, erf(z) is z P(z²) /
/// Q(z²) up to |z| = 3.9, where it becomes 1 but for rounding; a fit that is off by 4e-7 at most,
/// and takes half the time of a general erf. Below, Φ is 0: whatever is left would make x Φ(x)
/// grow.
template <class X>
KINDLING_HOST_DEVICE X normal_distribution(X x) {
  const X z = x * X(0.70710678118654752440);
  if constexpr (std::is_same_v<X, double>) {
    return 0.5 * (1 + std::erf(z));
  } else {
    const X bound(3.9);
    const X cut = select(z < -bound, -bound, select(z > bound, bound, z));
    const X z2 = cut * cut;
    const X p = polynomial(z2, 1.128379148, 1.896660984e-1, 5.266799221e-2, 3.738316460e-3,
                           2.850618049e-4, 2.066482413e-6);
    const X q = polynomial(z2, 1, 5.014199851e-1, 1.138186629e-1, 1.491421753e-2, 1.157369496e-3,
                           3.827009506e-5);
    return select(z < -bound, X(0), X(0.5) + X(0.5) * cut * p / q);
  }
}

/// x Φ(x) (Hendrycks and Gimpel, 2016).
struct Gelu {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X x) const {
    return x * normal_distribution(x);
  }
};

/// 2u for u = √(2/π) (x + 0.044715 x³), of which ½ (1 + tanh u) = σ(2u) is nearly Φ(x).
template <class X>
KINDLING_HOST_DEVICE X gelu_tanh_argument(X x) {
  return X(1.59576912160573071176) * (x + X(0.044715) * x * x * x);
}

/// ½ x (1 + tanh u) = x σ(2u): Gelu, nearly.
struct GeluTanh {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X x) const {
    return x * Sigmoid{}(gelu_tanh_argument(x));
  }
};

/// min(max(x, low), high); NaN stays NaN.
struct Clamp {
  double low, high;
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X x) const {
    const X lifted = select(x < X(low), X(low), x);
    return select(lifted > X(high), X(high), lifted);
  }
};

// clang-format off
struct Add { template <class X> KINDLING_HOST_DEVICE X operator()(X a, X b) const { return static_cast<X>(wrapping(a) + wrapping(b)); } };
struct Sub { template <class X> KINDLING_HOST_DEVICE X operator()(X a, X b) const { return static_cast<X>(wrapping(a) - wrapping(b)); } };
struct Mul { template <class X> KINDLING_HOST_DEVICE X operator()(X a, X b) const { return static_cast<X>(wrapping(a) * wrapping(b)); } };
struct Div { template <class X> KINDLING_HOST_DEVICE X operator()(X a, X b) const { return a / b; } };  // never of integers
// clang-format on

/// a^b; integers by repeated multiplication, where a negative power is 0 unless a is ±1.
struct Pow {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X a, X b) const {
    if constexpr (std::is_integral_v<X>) {
      if (b < 0) return a == 1 ? X(1) : a == X(-1) ? (b % 2 ? X(-1) : X(1)) : X(0);
      auto power = wrapping(a), result = wrapping(X(1));
      for (; b > 0; b /= 2, power *= power)
        if (b % 2) result *= power;
      return static_cast<X>(result);
    } else {
      using std::pow;
      return pow(a, b);
    }
  }
};

/// a − b ⌊a / b⌋: what is left of a, with the sign of b, as Python's %. Of integers 0 if b is.
struct Remainder {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X a, X b) const {
    X left;
    if constexpr (std::is_integral_v<X>) {
      left = b == 0 || b == X(-1) ? X(0) : a % b;  // the smallest int64 has no opposite
    } else {
      using std::fmod;
      left = fmod(a, b);
    }
    return left != X(0) && (left < X(0)) != (b < X(0)) ? left + b : left;
  }
};

/// ⌊a / b⌋, as Python's //, to which what fmod() leaves is more exact than a division that was
/// rounded. Of integers 0 if b is.
struct FloorDivide {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X a, X b) const {
    if constexpr (std::is_integral_v<X>) {
      if (b == 0) return 0;
      if (b == X(-1)) return Neg{}(a);
      return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
    } else {
      using std::copysign;
      using std::floor;
      using std::fmod;
      if (b == X(0)) return a / b;
      const X left = fmod(a, b);
      X near = (a - left) / b;  // whole, but for rounding
      if (left != X(0) && (left < X(0)) != (b < X(0))) near -= X(1);
      if (near == X(0)) return copysign(X(0), a / b);
      const X below = floor(near);
      return near - below > X(0.5) ? below + X(1) : below;
    }
  }
};

/// The larger one; NaN if either is.
struct Maximum {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X a, X b) const {
    return select(a == a, select(b < a, a, b), a);
  }
};
/// The smaller one; NaN if either is.
struct Minimum {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X a, X b) const {
    return select(a == a, select(a < b, a, b), a);
  }
};

/// A binary functor whose right operand is always the same number: x + 1.
template <class Op>
struct WithRight {
  double right;
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X x) const {
    return Op{}(x, X(right));
  }
};
/// A binary functor whose left operand is always the same number: 1 / x.
template <class Op>
struct WithLeft {
  double left;
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X x) const {
    return Op{}(X(left), x);
  }
};

// Gradients that would otherwise take several passes over memory. g is the gradient that arrives, y
// the operation's result, x its input.

/// y = tanh x:  dx = g (1 − y²)
struct TanhBackward {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X g, X y) const {
    return g * (X(1) - y * y);
  }
};
/// y = sigmoid x:  dx = g y (1 − y)
struct SigmoidBackward {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X g, X y) const {
    return g * y * (X(1) - y);
  }
};
/// y = relu x:  dx = g where y > 0
struct ReluBackward {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X g, X y) const {
    return select(y <= X(0), X(0), g);
  }
};
/// y = x Φ(x):  dx = g (Φ(x) + x φ(x)), with φ the normal density
struct GeluBackward {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X g, X x) const {
    using std::exp;
    const X density = X(0.39894228040143267794) * exp(x * x * X(-0.5));
    return g * (normal_distribution(x) + x * density);
  }
};
/// y = x σ(2u), with u as in GeluTanh:  dx = g (σ + x σ (1 − σ) d2u/dx)
struct GeluTanhBackward {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X g, X x) const {
    const X s = Sigmoid{}(gelu_tanh_argument(x));
    const X slope = X(1.59576912160573071176) * (X(1) + X(3 * 0.044715) * x * x);
    return g * (s + x * s * (X(1) - s) * slope);
  }
};
/// y = |x|:  dx = g sign(x)
struct AbsBackward {
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X g, X x) const {
    return g * select(x < X(0), X(-1), select(x > X(0), X(1), X(0)));
  }
};
/// y = clamp(x):  dx = g where low ≤ x ≤ high
struct ClampBackward {
  double low, high;
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X g, X x) const {
    return select(x >= X(low), select(x <= X(high), g, X(0)), X(0));
  }
};

// Steps of optimisers, which would otherwise take several passes, too.

/// x ← a x + b y: BLAS's axpby.
struct Axpby {
  double a, b;
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X x, X y) const {
    return x * X(a) + y * X(b);
  }
};
/// v ← β v + (1 − β) g²
struct DecayedSquare {
  double beta;
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X v, X g) const {
    return v * X(beta) + X(1 - beta) * g * g;  // in this order: g² may be too large
  }
};
/// m / (√v / c + ε): where Adam goes, but for the length of the step.
struct AdamDirection {
  double c, eps;
  template <class X>
  KINDLING_HOST_DEVICE X operator()(X m, X v) const {
    using std::sqrt;
    return m / (sqrt(v) / X(c) + X(eps));
  }
};

// clang-format off
struct Equal        { KINDLING_HOST_DEVICE bool operator()(auto a, decltype(a) b) const { return a == b; } };
struct NotEqual     { KINDLING_HOST_DEVICE bool operator()(auto a, decltype(a) b) const { return a != b; } };
struct Less         { KINDLING_HOST_DEVICE bool operator()(auto a, decltype(a) b) const { return a < b; } };
struct LessEqual    { KINDLING_HOST_DEVICE bool operator()(auto a, decltype(a) b) const { return a <= b; } };
struct And          { KINDLING_HOST_DEVICE bool operator()(auto a, decltype(a) b) const { return a != 0 && b != 0; } };
struct Or           { KINDLING_HOST_DEVICE bool operator()(auto a, decltype(a) b) const { return a != 0 || b != 0; } };
struct Xor          { KINDLING_HOST_DEVICE bool operator()(auto a, decltype(a) b) const { return (a != 0) != (b != 0); } };
// clang-format on

}  // namespace kindling::functors

namespace kindling {

/// One element in, one of the same type out.
using Unary =
    std::variant<functors::Neg, functors::Abs, functors::Exp, functors::Log, functors::Log1p,
                 functors::Sqrt, functors::Tanh, functors::Sigmoid, functors::Relu, functors::Gelu,
                 functors::GeluTanh, functors::Sin, functors::Cos, functors::Erf, functors::Floor,
                 functors::Ceil, functors::Round, functors::Rsqrt, functors::Clamp,
                 functors::WithRight<functors::Add>, functors::WithRight<functors::Mul>,
                 functors::WithRight<functors::Div>, functors::WithRight<functors::Pow>,
                 functors::WithLeft<functors::Sub>, functors::WithLeft<functors::Div>,
                 functors::WithLeft<functors::Pow>>;

/// Two elements of one type in, one of that type out.
using Binary =
    std::variant<functors::Add, functors::Sub, functors::Mul, functors::Div, functors::Pow,
                 functors::Maximum, functors::Minimum, functors::Remainder, functors::FloorDivide,
                 functors::TanhBackward, functors::SigmoidBackward, functors::ReluBackward,
                 functors::GeluBackward, functors::GeluTanhBackward, functors::AbsBackward,
                 functors::ClampBackward, functors::Axpby, functors::DecayedSquare,
                 functors::AdamDirection>;

/// Two elements of one type in, a truth value out. a > b is Less with the operands exchanged.
using Comparison = std::variant<functors::Equal, functors::NotEqual, functors::Less,
                                functors::LessEqual, functors::And, functors::Or, functors::Xor>;

}  // namespace kindling
