#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <numeric>

#include "cpu/elementwise.h"

/// PyTorch's recipes for whole tensors (ATen/native/cpu/DistributionTemplates.h and
/// DistributionKernels.cpp), to the last bit.
namespace kindling {
namespace {

/// The axes from the one with the widest step to the one with the narrowest: the order in which
/// memory lies.
Shape memory_order(const Layout& layout) {
  Shape order(layout.shape.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, std::ranges::greater{},
                           [&](std::int64_t axis) { return layout.strides[axis]; });
  return order;
}

/// Gives every element one draw, in the order of memory and not of indices: PyTorch fills a
/// transposed view like this, too.
template <class T, class Draw>
void fill_with(const Tensor& out, Draw draw) {
  const Layout ordered = permute(out.layout(), memory_order(out.layout()));
  T* x = out.data_ptr<T>();
  walk_rows({&ordered}, [&](std::int64_t n, const RowOffsets& at, const RowOffsets& step) {
    for (std::int64_t i = 0; i < n; ++i) x[at[0] + i * step[0]] = static_cast<T>(draw());
  });
}

// Logarithm, sine and cosine as PyTorch's AVX2 kernel for normal numbers computes them: with the
// single-precision polynomials of Cephes (S. Moshier, netlib.org/cephes) and fused multiply-adds.
// The last bits are other than those of std::log and std::sin, which differ between libraries; with
// these, randn gives the same bits as PyTorch's everywhere.

/// c[0] xⁿ + c[1] xⁿ⁻¹ + … + c[n], by Horner's rule.
template <std::size_t n>
float polynomial(float x, const float (&c)[n]) {
  float sum = c[0];
  for (std::size_t i = 1; i < n; ++i) sum = std::fma(sum, x, c[i]);
  return sum;
}

/// ln(m 2ᵉ) = ln m + e ln 2, where m is in [√½, √2) and ln m = x − x²/2 + x³ P(x) for x = m − 1.
float cephes_log(float value) {
  constexpr float ln2_high = 0.693359375F;
  constexpr float ln2_low = -2.12194440e-4F;  // the sum of both has more bits than a float
  constexpr float p[] = {7.0376836292e-2F,  -1.1514610310e-1F, 1.1676998740e-1F,
                         -1.2420140846e-1F, 1.4249322787e-1F,  -1.6668057665e-1F,
                         2.0000714765e-1F,  -2.4999993993e-1F, 3.3333331174e-1F};
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const float mantissa = std::bit_cast<float>((bits & 0x007fffffU) | 0x3f000000U);  // in [½, 1)
  const float exponent = static_cast<float>(static_cast<int>(bits >> 23) - 126);
  const bool doubled = mantissa < std::numbers::sqrt2_v<float> / 2;
  const float e = doubled ? exponent - 1 : exponent;
  const float x = doubled ? 2 * mantissa - 1 : mantissa - 1;

  const float x2 = x * x;
  float y = std::fma(polynomial(x, p) * x, x2, e * ln2_low);
  y = std::fma(-x2, 0.5F, y);
  return std::fma(e, ln2_high, x + y);
}

template <class T>
struct SinCos {
  T sin, cos;
};

/// Brings an angle ≥ 0 into [−π/4, π/4] by taking multiples of π/2 off, and remembers how many
/// quarter turns those were.
SinCos<float> cephes_sincos(float angle) {
  // π/4 in three parts: taken off one after the other, they leave bits that one float has not.
  constexpr float quarter_pi[] = {0.78515625F, 2.4187564849853515625e-4F, 3.77489497744594108e-8F};
  constexpr float p_sin[] = {-1.9515295891e-4F, 8.3321608736e-3F, -1.6666654611e-1F};
  constexpr float p_cos[] = {2.443315711809948e-5F, -1.388731625493765e-3F, 4.166664568298827e-2F};
  const int octant = (static_cast<int>(angle * 1.27323954473516F) + 1) & ~1;
  float x = angle;
  for (const float part : quarter_pi) x = std::fma(static_cast<float>(octant), -part, x);

  const float x2 = x * x;
  const float sin = std::fma(polynomial(x2, p_sin) * x2, x, x);
  const float cos = std::fma(polynomial(x2, p_cos) * x2, x2, -(x2 * 0.5F)) + 1;
  const SinCos<float> quarter_turns[] = {{sin, cos}, {cos, -sin}, {-sin, -cos}, {-cos, sin}};
  return quarter_turns[octant / 2 % 4];
}

float log_of(float x) { return cephes_log(x); }
double log_of(double x) { return std::log(x); }
SinCos<float> sincos_of(float angle) { return cephes_sincos(angle); }
SinCos<double> sincos_of(double angle) { return {std::sin(angle), std::cos(angle)}; }
float scaled(float x, float std, float mean) { return std::fma(x, std, mean); }
double scaled(double x, double std, double mean) { return x * std + mean; }

/// Turns 16 uniform numbers into 16 normal ones: the first half gives the radii, the second the
/// angles.
template <class T>
void box_muller_16(T* x, T mean, T std) {
  for (int j = 0; j < 8; ++j) {
    const T u1 = 1 - x[j];  // in (0, 1], where the logarithm is finite
    const T u2 = x[j + 8];
    const T radius = std::sqrt(-2 * log_of(u1));
    const auto direction = sincos_of(2 * std::numbers::pi_v<T> * u2);
    x[j] = scaled(radius * direction.cos, std, mean);
    x[j + 8] = scaled(radius * direction.sin, std, mean);
  }
}

/// x[0, n) by sixteens, n ≥ 16; if n is no multiple of 16, the last 16 are drawn again.
template <class T>
void fill_normal(T* x, std::int64_t n, T mean, T std, Generator& generator) {
  for (std::int64_t i = 0; i < n; ++i) x[i] = generator.uniform<T>();
  for (std::int64_t i = 0; i + 16 <= n; i += 16) box_muller_16(x + i, mean, std);
  if (n % 16 == 0) return;
  T* tail = x + n - 16;
  for (int j = 0; j < 16; ++j) tail[j] = generator.uniform<T>();
  box_muller_16(tail, mean, std);
}

}  // namespace

void CpuBackend::uniform(const Tensor& out, double from, double to, Generator& generator) {
  dispatch(out.dtype(), [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>) {
      const T low = static_cast<T>(from);
      const T width = static_cast<T>(to) - low;
      fill_with<T>(out, [&] { return std::fma(generator.uniform<T>(), width, low); });
    }
  });
}

void CpuBackend::normal(const Tensor& out, double mean, double std, Generator& generator) {
  dispatch(out.dtype(), [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>) {
      if (out.numel() >= 16 && out.is_contiguous())
        fill_normal(out.data_ptr<T>(), out.numel(), static_cast<T>(mean), static_cast<T>(std),
                    generator);
      else
        fill_with<T>(out, [&] { return generator.normal() * std + mean; });
    }
  });
}

void CpuBackend::bernoulli(const Tensor& out, double p, Generator& generator) {
  dispatch(out.dtype(),
           [&]<class T>() { fill_with<T>(out, [&] { return generator.uniform<double>() < p; }); });
}

void CpuBackend::random(const Tensor& out, std::int64_t low, std::int64_t high,
                        Generator& generator) {
  const std::uint64_t range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  fill_with<std::int64_t>(out, [&] {
    const std::uint64_t word = range >> 32 ? generator.random64() : generator.random();
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + word % range);
  });
}

}  // namespace kindling
