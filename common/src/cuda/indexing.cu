#include "cuda/backend.h"
#include "cuda/walk.h"

/// Reading and adding at places that another tensor names. What a bad index would name is neither
/// read nor written: see IndexReport.
namespace kindling {
namespace cuda {
namespace {

/// total += x, whoever else adds to it at the same time. Where several do, the order of a float's
/// additions is not known, so its last digits may differ from run to run.
template <class T>
__device__ void add_atomically(T* total, T x) {
  if constexpr (std::is_same_v<T, bool>) {
    if (x) *total = true;  // all who write write the same
  } else if constexpr (std::is_same_v<T, std::int64_t>) {
    atomicAdd(reinterpret_cast<unsigned long long*>(total), static_cast<unsigned long long>(x));
  } else {
    atomicAdd(total, x);
  }
}

/// How the elements of `picked` [outer, m, inner] belong to those of `full` [outer, n, inner].
struct Picks {
  std::int64_t count;  // of elements picked
  std::int64_t n, m, inner;
  bool by_rows;  // one index for each of m, instead of one for each element
  const std::int64_t* index;
  IndexReport report;

  /// Where in `full` element i of `picked` belongs; −1 if its index is bad.
  __device__ std::int64_t place(std::int64_t i) const {
    const std::int64_t r = i % inner, row = i / inner;  // row: o · m + the index's place
    const std::int64_t at = index[by_rows ? row % m : i];
    if (!report.check(at, n)) return -1;
    return (row / m * n + at) * inner + r;
  }
};

template <class T>
__global__ void read_picks(Picks picks, const T* full, T* picked) {
  for (std::int64_t i = thread_number(); i < picks.count; i += thread_count()) {
    const std::int64_t place = picks.place(i);
    picked[i] = place < 0 ? T(0) : full[place];
  }
}

template <class T>
__global__ void add_picks(Picks picks, const T* picked, T* full) {
  for (std::int64_t i = thread_number(); i < picks.count; i += thread_count()) {
    const std::int64_t place = picks.place(i);
    if (place >= 0) add_atomically(full + place, picked[i]);
  }
}

/// \param full [outer, n, inner]; picked [outer, m, inner]
Picks picks_of(const char* operation, const Tensor& full, const Tensor& picked,
               const Tensor& index) {
  return {picked.numel(),
          full.size(1),
          picked.size(1),
          full.size(2),
          index.dim() == 1,
          index.data_ptr<std::int64_t>(),
          index_report(full.device().index, operation)};
}

void read(const char* operation, const Tensor& full, const Tensor& picked, const Tensor& index) {
  if (picked.numel() == 0) return;
  const Picks picks = picks_of(operation, full, picked, index);
  dispatch(full.dtype(), [&]<class T>() {
    launch(read_picks<T>, grid_for(picks.count, stream_of(full)), picks, full.data_ptr<T>(),
           picked.data_ptr<T>());
  });
}

void add(const char* operation, const Tensor& picked, const Tensor& full, const Tensor& index) {
  if (picked.numel() == 0) return;
  const Picks picks = picks_of(operation, full, picked, index);
  dispatch(full.dtype(), [&]<class T>() {
    launch(add_picks<T>, grid_for(picks.count, stream_of(full)), picks, picked.data_ptr<T>(),
           full.data_ptr<T>());
  });
}

}  // namespace
}  // namespace cuda

void CudaBackend::gather(const Tensor& x, const Tensor& index, const Tensor& out) {
  cuda::read("gather", x, out, index);
}
void CudaBackend::scatter_add(const Tensor& x, const Tensor& index, const Tensor& out) {
  cuda::add("scatter_add", x, out, index);
}
void CudaBackend::index_select(const Tensor& x, const Tensor& index, const Tensor& out) {
  cuda::read("index_select", x, out, index);
}
void CudaBackend::index_add(const Tensor& x, const Tensor& index, const Tensor& out) {
  cuda::add("index_add", x, out, index);
}

}  // namespace kindling
