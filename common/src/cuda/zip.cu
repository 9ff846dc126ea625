#include "cuda/backend.h"
#include "cuda/walk.h"

/// f(a, b) element by element.
namespace kindling {
namespace cuda {
namespace {

/// As map_elements (solutions/07_gpu/map.cu), with two operands. out may be either of them.
template <class Op>
__global__ void zip_dense(Op f, const float* a, const float* b, float* out, std::int64_t n) {
  const auto* left = reinterpret_cast<const float4*>(a);
  const auto* right = reinterpret_cast<const float4*>(b);
  auto* to = reinterpret_cast<float4*>(out);
  const std::int64_t packs = n / 4;
  for (std::int64_t i = thread_number(); i < packs; i += thread_count()) {
    const float4 x = left[i], y = right[i];
    to[i] = make_float4(f(x.x, y.x), f(x.y, y.y), f(x.z, y.z), f(x.w, y.w));
  }
  for (std::int64_t i = 4 * packs + thread_number(); i < n; i += thread_count())
    out[i] = f(a[i], b[i]);
}

template <class T, class Op>
__global__ void zip_strided(Strided<3> walk, Op f, const T* a, const T* b, T* out) {
  for (std::int64_t i = thread_number(); i < walk.n; i += thread_count()) {
    const auto at = walk.at(i);
    out[at.of[0]] = static_cast<T>(f(a[at.of[1]], b[at.of[2]]));
  }
}

}  // namespace
}  // namespace cuda

void CudaBackend::zip(const Binary& f, const Tensor& a, const Tensor& b, const Tensor& out) {
  if (out.numel() == 0) return;
  if (a.dtype() == float32 && a.is_contiguous() && b.is_contiguous()) {
    const auto *left = a.data_ptr<float>(), *right = b.data_ptr<float>();
    auto* to = out.data_ptr<float>();
    if (cuda::is_aligned(left) && cuda::is_aligned(right) && cuda::is_aligned(to)) {
      std::visit(
          [&](auto op) {
            launch(cuda::zip_dense<decltype(op)>, cuda::grid_for((out.numel() + 3) / 4, stream()),
                   op, left, right, to, out.numel());
          },
          f);
      return;
    }
  }
  const auto walk = cuda::strided(out.layout(), a.layout(), b.layout());
  cuda::dispatch_number(a.dtype(), [&]<class T>() {
    std::visit(
        [&](auto op) {
          launch(cuda::zip_strided<T, decltype(op)>, cuda::grid_for(walk.n, stream()), walk, op,
                 a.data_ptr<T>(), b.data_ptr<T>(), out.data_ptr<T>());
        },
        f);
  });
}

}  // namespace kindling
