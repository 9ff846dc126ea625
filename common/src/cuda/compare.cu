#include "cuda/backend.h"
#include "cuda/walk.h"

/// Questions about elements, and choices by their answers.
namespace kindling {
namespace cuda {
namespace {

template <class T, class Op>
__global__ void compare_elements(Strided<3> walk, Op f, const T* a, const T* b, bool* out) {
  for (std::int64_t i = thread_number(); i < walk.n; i += thread_count()) {
    const auto at = walk.at(i);
    out[at.of[0]] = f(a[at.of[1]], b[at.of[2]]);
  }
}

template <class T>
__global__ void choose_elements(Strided<4> walk, const bool* condition, const T* a, const T* b,
                                T* out) {
  for (std::int64_t i = thread_number(); i < walk.n; i += thread_count()) {
    const auto at = walk.at(i);
    out[at.of[0]] = condition[at.of[1]] ? a[at.of[2]] : b[at.of[3]];
  }
}

}  // namespace
}  // namespace cuda

void CudaBackend::compare(const Comparison& f, const Tensor& a, const Tensor& b,
                          const Tensor& out) {
  if (out.numel() == 0) return;
  const auto walk = cuda::strided(out.layout(), a.layout(), b.layout());
  dispatch(a.dtype(), [&]<class T>() {
    std::visit(
        [&](auto op) {
          launch(cuda::compare_elements<T, decltype(op)>, cuda::grid_for(walk.n, stream()), walk,
                 op, a.data_ptr<T>(), b.data_ptr<T>(), out.data_ptr<bool>());
        },
        f);
  });
}

void CudaBackend::where(const Tensor& condition, const Tensor& a, const Tensor& b,
                        const Tensor& out) {
  if (out.numel() == 0) return;
  const auto walk = cuda::strided(out.layout(), condition.layout(), a.layout(), b.layout());
  dispatch(out.dtype(), [&]<class T>() {
    launch(cuda::choose_elements<T>, cuda::grid_for(walk.n, stream()), walk,
           condition.data_ptr<bool>(), a.data_ptr<T>(), b.data_ptr<T>(), out.data_ptr<T>());
  });
}

}  // namespace kindling
