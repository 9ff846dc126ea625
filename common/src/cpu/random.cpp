#include <cmath>
#include <numbers>

#include "kindling/cpu_backend.h"

/// PyTorch's recipes for whole tensors (ATen/native/cpu/DistributionTemplates.h).
namespace kindling {

void CpuBackend::uniform(const Tensor& out, double from, double to, Generator& generator) {
  dispatch(out.dtype(), [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>) {
      const T low = static_cast<T>(from);
      const T width = static_cast<T>(to) - low;
      T* x = out.data_ptr<T>();
      for (std::int64_t i = 0; i < out.numel(); ++i) x[i] = generator.uniform<T>() * width + low;
    }
  });
}

/// Turns 16 uniform numbers into 16 normal ones: the first half gives the radii, the second the angles.
template <class T>
static void box_muller_16(T* x, T mean, T std) {
  for (int j = 0; j < 8; ++j) {
    const T u1 = 1 - x[j];  // in (0, 1], where the logarithm is finite
    const T u2 = x[j + 8];
    const T radius = std::sqrt(-2 * std::log(u1));
    const T theta = 2 * std::numbers::pi_v<T> * u2;
    x[j] = radius * std::cos(theta) * std + mean;
    x[j + 8] = radius * std::sin(theta) * std + mean;
  }
}

void CpuBackend::normal(const Tensor& out, double mean, double std, Generator& generator) {
  dispatch(out.dtype(), [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>) {
      T* x = out.data_ptr<T>();
      const std::int64_t n = out.numel();
      if (n < 16) {
        for (std::int64_t i = 0; i < n; ++i) x[i] = static_cast<T>(generator.normal() * std + mean);
        return;
      }
      for (std::int64_t i = 0; i < n; ++i) x[i] = generator.uniform<T>();
      for (std::int64_t i = 0; i + 16 <= n; i += 16)
        box_muller_16(x + i, static_cast<T>(mean), static_cast<T>(std));
      if (n % 16 != 0) {  // the last 16 are drawn again
        T* tail = x + n - 16;
        for (int j = 0; j < 16; ++j) tail[j] = generator.uniform<T>();
        box_muller_16(tail, static_cast<T>(mean), static_cast<T>(std));
      }
    }
  });
}

void CpuBackend::bernoulli(const Tensor& out, double p, Generator& generator) {
  dispatch(out.dtype(), [&]<class T>() {
    T* x = out.data_ptr<T>();
    for (std::int64_t i = 0; i < out.numel(); ++i) x[i] = static_cast<T>(generator.uniform<double>() < p);
  });
}

void CpuBackend::random(const Tensor& out, std::int64_t low, std::int64_t high, Generator& generator) {
  const std::uint64_t range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  auto* x = out.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    const std::uint64_t word = range >> 32 ? generator.random64() : generator.random();
    x[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + word % range);
  }
}

}  // namespace kindling
