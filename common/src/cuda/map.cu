#include "cuda/backend.h"
#include "cuda/kernels.h"

/// f(x) element by element, under any strides. What is dense and float32 is
/// solutions/07_gpu/map.cu.
namespace kindling {
namespace cuda {
namespace {

template <class T, class Op>
__global__ void map_strided(Strided<2> walk, Op f, const T* x, T* out) {
  for (std::int64_t i = thread_number(); i < walk.n; i += thread_count()) {
    const auto at = walk.at(i);
    out[at.of[0]] = static_cast<T>(f(x[at.of[1]]));
  }
}

}  // namespace
}  // namespace cuda

void CudaBackend::map(const Unary& f, const Tensor& x, const Tensor& out) {
  if (out.numel() == 0) return;
  const bool seldom = std::visit([](auto op) { return cuda::is_seldom<decltype(op)>; }, f);
  if (!seldom && x.dtype() == float32 && x.is_contiguous()) {
    const auto* from = x.data_ptr<float>();
    auto* to = out.data_ptr<float>();
    if (cuda::is_aligned(from) && cuda::is_aligned(to))
      return cuda::map_dense(f, from, to, out.numel(),
                             cuda::grid_for((out.numel() + 3) / 4, stream()));
  }
  const auto walk = cuda::strided(out.layout(), x.layout());
  cuda::dispatch_number(x.dtype(), [&]<class T>() {
    std::visit(
        [&](auto op) {
          launch(cuda::map_strided<T, decltype(op)>, cuda::grid_for(walk.n, stream()), walk, op,
                 x.data_ptr<T>(), out.data_ptr<T>());
        },
        f);
  });
}

}  // namespace kindling
