#include <cmath>
#include <limits>
#include <optional>

#include "convert.h"
#include "cuda/backend.h"
#include "cuda/kernels.h"

/// Copies: within a device under any strides and between any dtypes, and to and from the CPU.
namespace kindling {
namespace cuda {
namespace {

template <class To, class From>
__global__ void copy_elements(Strided<2> walk, const From* from, To* to) {
  for (std::int64_t i = thread_number(); i < walk.n; i += thread_count()) {
    const auto at = walk.at(i);
    to[at.of[0]] = convert<To>(from[at.of[1]]);
  }
}

/// The same row again and again: what a bias is before a product is added to it. Each thread reads
/// its element once.
template <class T>
__global__ void copy_row(const T* row, T* to, std::int64_t rows, std::int64_t columns,
                         std::int64_t row_step) {
  for (std::int64_t column = thread_number(); column < columns; column += thread_count()) {
    const T value = row[column];
    for (std::int64_t i = blockIdx.y; i < rows; i += gridDim.y) to[i * row_step + column] = value;
  }
}

template <class T>
__global__ void fill_elements(Strided<1> walk, T value, T* to) {
  for (std::int64_t i = thread_number(); i < walk.n; i += thread_count())
    to[walk.at(i).of[0]] = value;
}

/// Calls f.operator()<T>() with an unsigned integer as large as the elements: all that matters
/// where they are not looked at.
template <class F>
void dispatch_size(DType dtype, F&& f) {
  switch (size_of(dtype)) {
    case 1:
      return f.template operator()<std::uint8_t>();
    case 4:
      return f.template operator()<std::uint32_t>();
    default:
      return f.template operator()<std::uint64_t>();
  }
}

template <class T>
T* address(const Tensor& t) {
  return reinterpret_cast<T*>(t.storage().data() + t.storage_offset() * size_of(t.dtype()));
}

/// The axis along which neighbours in `from` lie, if it is not the last one, along which those of
/// `to` do; and if both are long enough that reading them by tiles pays.
std::optional<int> transposed_axis(const Strided<2>& walk) {
  constexpr std::int64_t worth_it = 16, tile = 32;
  const Extent most = max_grid_size();
  const int last = walk.rank - 1;
  if (walk.rank < 2 || walk.strides[0][last] != 1 || walk.strides[1][last] == 1 ||
      walk.lengths[last] < worth_it)
    return {};
  for (int axis = 0; axis < last; ++axis) {
    const std::int64_t planes = walk.n / (walk.lengths[axis] * walk.lengths[last]);
    const bool fits = walk.lengths[axis] <= most.x * tile && walk.lengths[last] <= most.y * tile &&
                      planes <= most.z;
    if (walk.strides[1][axis] == 1 && walk.lengths[axis] >= worth_it && fits) return axis;
  }
  return {};
}

/// The same walk without two of its axes.
Strided<2> planes_of(const Strided<2>& walk, int without) {
  Strided<2> planes{};
  planes.n = 1;
  for (int axis = 0; axis < walk.rank - 1; ++axis) {
    if (axis == without) continue;
    planes.n *= walk.lengths[axis];
    planes.lengths[planes.rank] = walk.lengths[axis];
    for (int o = 0; o < 2; ++o) planes.strides[o][planes.rank] = walk.strides[o][axis];
    ++planes.rank;
  }
  return planes;
}

void copy_on_device(const Tensor& from, const Tensor& out) {
  const cudaStream_t stream = stream_of(out);
  if (from.dtype() == out.dtype() && from.is_contiguous() && out.is_contiguous()) {
    KINDLING_CUDA_CHECK(
        cudaMemcpyAsync(address<std::byte>(out), address<std::byte>(from),
                        static_cast<std::size_t>(from.numel() * size_of(from.dtype())),
                        cudaMemcpyDeviceToDevice, stream));
    return;
  }
  const Strided<2> walk = strided(out.layout(), from.layout());
  if (from.dtype() != out.dtype()) {
    dispatch(from.dtype(), [&]<class From>() {
      dispatch(out.dtype(), [&]<class To>() {
        if constexpr (!std::is_same_v<From, To>)
          launch(copy_elements<To, From>, grid_for(walk.n, stream), walk, from.data_ptr<From>(),
                 out.data_ptr<To>());
      });
    });
    return;
  }
  dispatch_size(out.dtype(), [&]<class T>() {
    const bool repeats_row = walk.rank == 2 && walk.strides[1][0] == 0 && walk.strides[1][1] == 1 &&
                             walk.strides[0][1] == 1;
    if (repeats_row) {
      Grid grid = grid_for(walk.lengths[1], stream);
      const std::int64_t most = std::min<std::int64_t>(max_grid_size().y, 1024);
      grid.grid.y = std::clamp<std::int64_t>(walk.lengths[0] / 8, 1, most);
      launch(copy_row<T>, grid, address<T>(from), address<T>(out), walk.lengths[0], walk.lengths[1],
             walk.strides[0][0]);
    } else if (const auto axis = transposed_axis(walk)) {
      transpose(planes_of(walk, *axis), address<T>(from), walk.strides[1][walk.rank - 1],
                address<T>(out), walk.strides[0][*axis], walk.lengths[*axis],
                walk.lengths[walk.rank - 1], stream);
    } else {
      launch(copy_elements<T, T>, grid_for(walk.n, stream), walk, address<T>(from),
             address<T>(out));
    }
  });
}

/// Between the CPU and a device, or two devices; both row-major and of one dtype.
void copy_dense(const Tensor& from, const Tensor& out, bool wait) {
  const bool from_device = from.device().type == Device::Type::cuda;
  const int device = (from_device ? from : out).device().index;
  const cudaStream_t stream = stream_of(device);
  if (from_device && out.device() != cpu) {  // whose stream may still use this memory
    Event ready(out.device().index);
    ready.record();
    current_stream(device).wait(ready);
    use_device(device);
  }
  const auto bytes = static_cast<std::size_t>(from.numel() * size_of(from.dtype()));
  KINDLING_CUDA_CHECK(cudaMemcpyAsync(address<std::byte>(out), address<std::byte>(from), bytes,
                                      cudaMemcpyDefault, stream));
  if (wait)
    synchronize_stream(device);
  else
    record_pinned((from_device ? out : from).storage(), device, stream);
}

/// What moves bytes between memories moves them in order, so what lies otherwise is packed before,
/// and taken apart after.
void copy_across(const Tensor& from, const Tensor& out, bool wait) {
  const bool same_dtype = from.dtype() == out.dtype();
  if (!same_dtype || !from.is_contiguous()) {
    const Tensor packed(from.shape(), out.dtype(), from.device());
    backend(from.device()).copy(from, packed);
    return copy_across(packed, out, true);  // packed is gone when this returns
  }
  if (!out.is_contiguous()) {
    const Tensor packed(out.shape(), out.dtype(), out.device());
    copy_dense(from, packed, true);
    return backend(out.device()).copy(packed, out);
  }
  copy_dense(from, out, wait);
}

}  // namespace
}  // namespace cuda

void CudaBackend::copy(const Tensor& from, const Tensor& out) {
  if (from.numel() == 0) return;
  if (from.device() == out.device())
    cuda::copy_on_device(from, out);
  else
    cuda::copy_across(from, out, true);
}

void CudaBackend::copy_non_blocking(const Tensor& from, const Tensor& out) {
  if (from.numel() == 0) return;
  if (from.device() == out.device()) return copy(from, out);
  const Tensor& host = from.device() == cpu ? from : out;
  cuda::copy_across(from, out, !host.is_pinned());
}

void CudaBackend::fill(const Tensor& out, Scalar value) {
  if (out.numel() == 0) return;
  const auto walk = cuda::strided(out.layout());
  dispatch(out.dtype(), [&]<class T>() {
    launch(cuda::fill_elements<T>, cuda::grid_for(walk.n, stream()), walk, value.to<T>(),
           out.data_ptr<T>());
  });
}

}  // namespace kindling
