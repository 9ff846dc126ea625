#include <numbers>

#include "cuda/backend.h"
#include "cuda/walk.h"

/// Random numbers on a device: no thread can wait for another one's draw, so the i-th word is a
/// function of the seed and of i. Source of the function: Salmon, Moraes, Dror and Shaw, Parallel
/// random numbers: as easy as 1, 2, 3 (2011). The numbers are others than those of the CPU.
namespace kindling {
namespace cuda {
namespace {

struct Words {
  std::uint32_t of[4];
};

/// Philox 4x32-10: ten rounds of two multiplications each turn a counter into four random words.
__device__ Words philox(std::uint64_t key, std::uint64_t counter) {
  std::uint32_t k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  Words c{{static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), 0, 0}};
  for (int round = 0; round < 10; ++round) {
    const std::uint64_t first = std::uint64_t{0xD2511F53} * c.of[0];
    const std::uint64_t second = std::uint64_t{0xCD9E8D57} * c.of[2];
    c = {{static_cast<std::uint32_t>(second >> 32) ^ c.of[1] ^ k0,
          static_cast<std::uint32_t>(second),
          static_cast<std::uint32_t>(first >> 32) ^ c.of[3] ^ k1,
          static_cast<std::uint32_t>(first)}};
    k0 += 0x9E3779B9;
    k1 += 0xBB67AE85;
  }
  return c;
}

// What four words become: as many elements as `count` says.

template <class T>
struct Uniforms;
/// In [0, 1): 24 bits each.
template <>
struct Uniforms<float> {
  static constexpr int count = 4;
  __device__ static void draw(const Words& words, float* x) {
    for (int i = 0; i < count; ++i) x[i] = static_cast<float>(words.of[i] >> 8) * 0x1p-24F;
  }
};
/// 53 bits each.
template <>
struct Uniforms<double> {
  static constexpr int count = 2;
  __device__ static void draw(const Words& words, double* x) {
    for (int i = 0; i < count; ++i) {
      const std::uint64_t word = std::uint64_t{words.of[2 * i]} << 32 | words.of[2 * i + 1];
      x[i] = static_cast<double>(word >> 11) * 0x1p-53;
    }
  }
};

template <class T>
struct Uniform {
  T from, to;
  static constexpr int count = Uniforms<T>::count;
  __device__ void operator()(const Words& words, T* x) const {
    Uniforms<T>::draw(words, x);
    for (int i = 0; i < count; ++i) {
      x[i] = from + (to - from) * x[i];
      if (x[i] >= to && to > from) x[i] = from;  // rounded up to the end, which is not part of it
    }
  }
};

/// By Box–Muller: a radius and an angle give two numbers.
template <class T>
struct Normal {
  T mean, std;
  static constexpr int count = Uniforms<T>::count;
  __device__ void operator()(const Words& words, T* x) const {
    Uniforms<T>::draw(words, x);
    for (int i = 0; i < count; i += 2) {
      const T radius = std::sqrt(T(-2) * std::log(T(1) - x[i]));  // of (0, 1]: finite
      const T angle = T(2) * std::numbers::pi_v<T> * x[i + 1];
      x[i] = mean + std * radius * std::cos(angle);
      x[i + 1] = mean + std * radius * std::sin(angle);
    }
  }
};

template <class T>
struct Bernoulli {
  double p;
  static constexpr int count = 4;
  __device__ void operator()(const Words& words, T* x) const {
    for (int i = 0; i < count; ++i)
      x[i] = static_cast<T>(static_cast<double>(words.of[i]) * 0x1p-32 < p ? 1 : 0);
  }
};

struct Integer {
  std::int64_t low;
  std::uint64_t range;
  static constexpr int count = 2;
  __device__ void operator()(const Words& words, std::int64_t* x) const {
    for (int i = 0; i < count; ++i) {
      const std::uint64_t word = std::uint64_t{words.of[2 * i]} << 32 | words.of[2 * i + 1];
      x[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + word % range);
    }
  }
};

template <class T, class Draw>
__global__ void draw_elements(Draw draw, std::uint64_t key, std::uint64_t offset, T* out,
                              std::int64_t n) {
  const std::int64_t draws = (n + Draw::count - 1) / Draw::count;
  for (std::int64_t i = thread_number(); i < draws; i += thread_count()) {
    T x[Draw::count];
    draw(philox(key, offset + static_cast<std::uint64_t>(i)), x);
    for (int k = 0; k < Draw::count; ++k)
      if (i * Draw::count + k < n) out[i * Draw::count + k] = x[k];
  }
}

/// Fills a tensor of any layout, in row-major order.
template <class T, class Draw>
void fill_randomly(Backend& backend, const Tensor& out, Generator& generator, Draw draw) {
  if (out.numel() == 0) return;
  const Tensor dense = out.is_contiguous() ? out : Tensor(out.shape(), out.dtype(), out.device());
  const std::int64_t n = out.numel(), draws = (n + Draw::count - 1) / Draw::count;
  const auto [key, offset] = generator.philox(static_cast<std::uint64_t>(draws));
  launch(draw_elements<T, Draw>, grid_for(draws, stream_of(out)), draw, key, offset,
         dense.data_ptr<T>(), n);
  if (!out.is_contiguous()) backend.copy(dense, out);
}

}  // namespace
}  // namespace cuda

void CudaBackend::uniform(const Tensor& out, double from, double to, Generator& generator) {
  dispatch(out.dtype(), [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>)
      cuda::fill_randomly<T>(*this, out, generator,
                             cuda::Uniform<T>{static_cast<T>(from), static_cast<T>(to)});
  });
}

void CudaBackend::normal(const Tensor& out, double mean, double std, Generator& generator) {
  dispatch(out.dtype(), [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>)
      cuda::fill_randomly<T>(*this, out, generator,
                             cuda::Normal<T>{static_cast<T>(mean), static_cast<T>(std)});
  });
}

void CudaBackend::bernoulli(const Tensor& out, double p, Generator& generator) {
  dispatch(out.dtype(), [&]<class T>() {
    cuda::fill_randomly<T>(*this, out, generator, cuda::Bernoulli<T>{p});
  });
}

void CudaBackend::random(const Tensor& out, std::int64_t low, std::int64_t high,
                         Generator& generator) {
  const std::uint64_t range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  cuda::fill_randomly<std::int64_t>(*this, out, generator, cuda::Integer{low, range});
}

}  // namespace kindling
