#include "cuda/kernels.h"

/// One function for every element: what a GPU has thousands of threads for.
namespace kindling::cuda {
namespace {

/// \exercise{7.1} out[i] = f(x[i]) for every i in [0, n), by however many threads there are, more
/// or fewer than elements. Memory is read and written by 16 bytes at a time, a float4, for all but
/// the last n % 4 elements: fewer and larger requests are what keeps the memory busy. So thread t
/// of T takes packs t, t + T, t + 2T, … of four elements (a grid-stride loop: thread_number() is t,
/// thread_count() T), and then of the elements that are left the same. x and out are aligned to 16
/// bytes; out may be x.
template <class Op>
__global__ void map_elements(Op f, const float* x, float* out, std::int64_t n) {
  const auto* from = reinterpret_cast<const float4*>(x);
  auto* to = reinterpret_cast<float4*>(out);
  const std::int64_t packs = n / 4;
  for (std::int64_t i = thread_number(); i < packs; i += thread_count()) {
    const float4 pack = from[i];
    to[i] = make_float4(f(pack.x), f(pack.y), f(pack.z), f(pack.w));
  }
  for (std::int64_t i = 4 * packs + thread_number(); i < n; i += thread_count()) out[i] = f(x[i]);
}

}  // namespace

void map_dense(const Unary& f, const float* x, float* out, std::int64_t n, const Grid& grid) {
  std::visit(
      [&](auto op) {
        if constexpr (!is_seldom<decltype(op)>)
          launch(map_elements<decltype(op)>, grid, op, x, out, n);
      },
      f);
}

}  // namespace kindling::cuda
