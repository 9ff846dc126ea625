#pragma once
#include <algorithm>
#include <bit>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <source_location>
#include <type_traits>

#include "cuda_simulator/vector_types.h"

/// The words that CUDA adds to C++ inside a kernel, for an ordinary compiler.

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))

/// A block runs on one thread of the operating system, so what a block shares is what that thread
/// owns.
#define __shared__ static thread_local

/// Memory that a kernel may read and not write. A section of its own tells it from the host's.
#ifdef __ELF__
#define __constant__ __attribute__((section("kindling_constant")))
#else
#define __constant__
#endif

namespace cuda_simulator {

/// How lanes of a warp meet.
enum class WarpOperation : std::uint8_t { sync, shuffle, ballot, all, any };

/// The calling lane waits for the other lanes in `mask`, and hands over 64 bits. `source` is the
/// lane whose bits a shuffle wants; a vote takes whether the bits are not 0.
std::uint64_t meet_warp(WarpOperation, unsigned mask, std::uint64_t bits, int source,
                        const std::source_location& at);
void meet_block(const std::source_location& at);
/// The votes of the whole block: how many of its threads said yes.
int meet_block_and_count(bool yes, const std::source_location& at);

/// Along axis 0, 1 or 2. The compiler may call these once a kernel and keep the answer: within a
/// thread it never changes. (It would not keep a struct.)
[[gnu::const]] unsigned thread_index(int axis) noexcept;
[[gnu::const]] unsigned block_index(int axis) noexcept;
[[gnu::const]] unsigned block_shape(int axis) noexcept;
[[gnu::const]] unsigned grid_shape(int axis) noexcept;
[[gnu::const]] void* dynamic_shared_memory() noexcept;
unsigned lanes_left() noexcept;

/// Says that the calling thread reads and writes `bytes` bytes at `address` as one; `pc` is the
/// place in the kernel. Does nothing where kernels are compiled without checks.
void see_atomic(const volatile void* address, int bytes, const void* pc) noexcept;
template <class T>
std::uint64_t to_bits(T value) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  return bits;
}
template <class T>
T from_bits(std::uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}

/// A shuffle within groups of `width` lanes: from the lane `source` of the group, counted from 0,
/// or from the lane itself if the group has no such lane.
template <class T>
T shuffle(unsigned mask, T value, int source, const std::source_location& at) {
  return from_bits<T>(meet_warp(WarpOperation::shuffle, mask, to_bits(value), source, at));
}
[[gnu::const]] int lane() noexcept;

// Compiled apart, so that the compiler does not show their accesses once more.
std::uint64_t load_atomically(const void* address, int bytes) noexcept;
/// Writes `wanted` if `expected` is there, and otherwise says in `expected` what is.
bool swap_atomically(void* address, int bytes, std::uint64_t& expected,
                     std::uint64_t wanted) noexcept;

/// value = change(value), in one step that no other thread can come between; returns what was
/// there.
template <class T, class Change>
T atomically(T* address, Change change) {
  std::uint64_t old = load_atomically(address, sizeof(T));
  while (!swap_atomically(address, sizeof(T), old, to_bits(T(change(from_bits<T>(old)))))) {
  }
  return from_bits<T>(old);
}

}  // namespace cuda_simulator

#define KINDLING_THREE(Type, function)                                \
  (Type{::cuda_simulator::function(0), ::cuda_simulator::function(1), \
        ::cuda_simulator::function(2)})
#define threadIdx KINDLING_THREE(::uint3, thread_index)
#define blockIdx KINDLING_THREE(::uint3, block_index)
#define blockDim KINDLING_THREE(::dim3, block_shape)
#define gridDim KINDLING_THREE(::dim3, grid_shape)
inline constexpr int warpSize = 32;

// Barriers and votes. Each takes the place of its call, by which it is told from others.

inline void __syncthreads(std::source_location at = std::source_location::current()) {
  cuda_simulator::meet_block(at);
}
inline int __syncthreads_count(int yes, std::source_location at = std::source_location::current()) {
  return cuda_simulator::meet_block_and_count(yes != 0, at);
}
inline int __syncthreads_or(int yes, std::source_location at = std::source_location::current()) {
  return cuda_simulator::meet_block_and_count(yes != 0, at) != 0;
}
inline int __syncthreads_and(int yes, std::source_location at = std::source_location::current()) {
  return cuda_simulator::meet_block_and_count(yes == 0, at) == 0;
}
inline void __syncwarp(unsigned mask = 0xffffffffu,
                       std::source_location at = std::source_location::current()) {
  cuda_simulator::meet_warp(cuda_simulator::WarpOperation::sync, mask, 0, 0, at);
}
inline unsigned __ballot_sync(unsigned mask, int yes,
                              std::source_location at = std::source_location::current()) {
  return unsigned(
      cuda_simulator::meet_warp(cuda_simulator::WarpOperation::ballot, mask, yes != 0, 0, at));
}
inline int __all_sync(unsigned mask, int yes,
                      std::source_location at = std::source_location::current()) {
  return int(cuda_simulator::meet_warp(cuda_simulator::WarpOperation::all, mask, yes != 0, 0, at));
}
inline int __any_sync(unsigned mask, int yes,
                      std::source_location at = std::source_location::current()) {
  return int(cuda_simulator::meet_warp(cuda_simulator::WarpOperation::any, mask, yes != 0, 0, at));
}
/// The lanes that have not left the kernel. A GPU gives those that run in step just now, which the
/// simulator, whose lanes run one after the other, cannot know.
inline unsigned __activemask() { return cuda_simulator::lanes_left(); }

// Shuffles: the value of another lane, within groups of `width` lanes.

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32,
              std::source_location at = std::source_location::current()) {
  const int first = cuda_simulator::lane() & ~(width - 1);
  return cuda_simulator::shuffle(mask, value, first + (source & (width - 1)), at);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned distance, int width = 32,
                 std::source_location at = std::source_location::current()) {
  const int lane = cuda_simulator::lane(), first = lane & ~(width - 1);
  const int source = lane - int(distance);
  return cuda_simulator::shuffle(mask, value, source < first ? lane : source, at);
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned distance, int width = 32,
                   std::source_location at = std::source_location::current()) {
  const int lane = cuda_simulator::lane(), last = lane | (width - 1);
  const int source = lane + int(distance);
  return cuda_simulator::shuffle(mask, value, source > last ? lane : source, at);
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lane_mask, int width = 32,
                  std::source_location at = std::source_location::current()) {
  const int lane = cuda_simulator::lane(), last = lane | (width - 1);
  const int source = lane ^ lane_mask;
  return cuda_simulator::shuffle(mask, value, source > last ? lane : source, at);
}

// Atomics. As on a GPU, each returns the value that was there before.

#define KINDLING_ATOMIC(name, expression)                                                \
  template <class T>                                                                     \
  [[gnu::noinline]] T name(T* address, std::type_identity_t<T> operand) {                \
    cuda_simulator::see_atomic(address, sizeof(T), __builtin_return_address(0));         \
    return cuda_simulator::atomically(address, [operand](T old) { return expression; }); \
  }
KINDLING_ATOMIC(atomicAdd, old + operand)
KINDLING_ATOMIC(atomicSub, old - operand)
KINDLING_ATOMIC(atomicExch, (static_cast<void>(old), operand))
KINDLING_ATOMIC(atomicMin, operand < old ? operand : old)
KINDLING_ATOMIC(atomicMax, old < operand ? operand : old)
KINDLING_ATOMIC(atomicAnd, old& operand)
KINDLING_ATOMIC(atomicOr, old | operand)
KINDLING_ATOMIC(atomicXor, old ^ operand)
KINDLING_ATOMIC(atomicInc, (old >= operand ? 0 : old + 1))
KINDLING_ATOMIC(atomicDec, (old == 0 || old > operand ? operand : old - 1))
#undef KINDLING_ATOMIC

template <class T>
[[gnu::noinline]] T atomicCAS(T* address, std::type_identity_t<T> expected,
                              std::type_identity_t<T> value) {
  cuda_simulator::see_atomic(address, sizeof(T), __builtin_return_address(0));
  return cuda_simulator::atomically(address, [=](T old) { return old == expected ? value : old; });
}

/// Blocks see each other's writes in some order, on the CPU as on the GPU; these fix it.
inline void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
inline void __threadfence_block() {}
inline void __threadfence_system() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

// Loads and stores with a word about the cache, which here is left alone.

#define KINDLING_LOAD(name)         \
  template <class T>                \
  inline T name(const T* address) { \
    return *address;                \
  }
KINDLING_LOAD(__ldg)
KINDLING_LOAD(__ldca)
KINDLING_LOAD(__ldcg)
KINDLING_LOAD(__ldcs)
KINDLING_LOAD(__ldlu)
KINDLING_LOAD(__ldcv)
#undef KINDLING_LOAD
#define KINDLING_STORE(name)                                    \
  template <class T>                                            \
  inline void name(T* address, std::type_identity_t<T> value) { \
    *address = value;                                           \
  }
KINDLING_STORE(__stwb)
KINDLING_STORE(__stcg)
KINDLING_STORE(__stcs)
KINDLING_STORE(__stwt)
#undef KINDLING_STORE

// Arithmetic. The fast functions of a GPU are the exact ones here.

inline float rsqrtf(float x) { return 1.0f / std::sqrt(x); }
inline double rsqrt(double x) { return 1.0 / std::sqrt(x); }
inline float rsqrt(float x) { return rsqrtf(x); }
inline float __expf(float x) { return std::exp(x); }
inline float __exp10f(float x) { return std::pow(10.0f, x); }
inline float __logf(float x) { return std::log(x); }
inline float __log2f(float x) { return std::log2(x); }
inline float __sinf(float x) { return std::sin(x); }
inline float __cosf(float x) { return std::cos(x); }
inline float __powf(float x, float y) { return std::pow(x, y); }
inline float __fdividef(float x, float y) { return x / y; }
inline float __frcp_rn(float x) { return 1.0f / x; }
inline float __fsqrt_rn(float x) { return std::sqrt(x); }
inline float __fadd_rn(float x, float y) { return x + y; }
inline float __fmul_rn(float x, float y) { return x * y; }
inline float __fdiv_rn(float x, float y) { return x / y; }
inline float __fmaf_rn(float x, float y, float z) { return std::fma(x, y, z); }
inline double __dadd_rn(double x, double y) { return x + y; }
inline double __dmul_rn(double x, double y) { return x * y; }
inline double __fma_rn(double x, double y, double z) { return std::fma(x, y, z); }
inline int __float_as_int(float x) { return std::bit_cast<int>(x); }
inline unsigned __float_as_uint(float x) { return std::bit_cast<unsigned>(x); }
inline float __int_as_float(int x) { return std::bit_cast<float>(x); }
inline float __uint_as_float(unsigned x) { return std::bit_cast<float>(x); }
inline long long __double_as_longlong(double x) { return std::bit_cast<long long>(x); }
inline double __longlong_as_double(long long x) { return std::bit_cast<double>(x); }
inline int __popc(unsigned x) { return std::popcount(x); }
inline int __popcll(unsigned long long x) { return std::popcount(x); }
inline int __clz(int x) { return std::countl_zero(unsigned(x)); }
inline int __clzll(long long x) { return std::countl_zero(static_cast<unsigned long long>(x)); }
inline int __ffs(int x) { return x == 0 ? 0 : std::countr_zero(unsigned(x)) + 1; }
inline unsigned __umulhi(unsigned a, unsigned b) { return unsigned((std::uint64_t(a) * b) >> 32); }
inline unsigned long long __umul64hi(unsigned long long a, unsigned long long b) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<unsigned long long>((Wide(a) * b) >> 64);
}
inline float __saturatef(float x) { return x > 0 ? (x < 1 ? x : 1.0f) : 0.0f; }

/// CUDA has these without std::, for numbers of one type or of two.
template <class A, class B>
requires std::is_arithmetic_v<A> && std::is_arithmetic_v<B>
constexpr std::common_type_t<A, B> min(A a, B b) {
  using T = std::common_type_t<A, B>;
  return T(b) < T(a) ? T(b) : T(a);
}
template <class A, class B>
requires std::is_arithmetic_v<A> && std::is_arithmetic_v<B>
constexpr std::common_type_t<A, B> max(A a, B b) {
  using T = std::common_type_t<A, B>;
  return T(a) < T(b) ? T(b) : T(a);
}
