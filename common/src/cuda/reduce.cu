#include "cuda/backend.h"
#include "cuda/fold.h"
#include "cuda/kernels.h"
#include "cuda/warp.h"

/// Reductions that are not of rows (those are solutions/07_gpu/reduce.cu), and where extremes
/// stand.
namespace kindling {
namespace cuda {
namespace {

constexpr int lanes = 32, row_groups = 8;  // the threads of a block: 32 across, 8 down

template <class T>
struct Product {
  using From = T;
  using Result = T;
  __device__ Result start() const { return T(1); }
  __device__ Result read(T x) const { return x; }
  __device__ Result operator()(Result a, Result b) const { return functors::Mul{}(a, b); }
};

/// As with_fold(), and products. They are seldom: those of rows are folded as those of columns are.
template <class F>
void with_any_fold(Reduction op, DType dtype, F&& f) {
  if (op != Reduction::prod) return with_fold(op, dtype, f);
  dispatch(dtype, [&]<class T>() { f(Product<T>{}); });
}

/// Several neighbours, read at once.
template <class T, int width>
struct alignas(sizeof(T) * width) Pack {
  T of[width];
};

/// x [outer, n, inner] → out [outer, pieces, inner], block (column group, piece, o). Neighbouring
/// threads have neighbouring columns, so a warp reads one piece of each row; the 8 warps of a block
/// take every eighth row, and fold their results in shared memory at the end.
template <class Fold, int width>
__global__ void fold_columns(Fold fold, const typename Fold::From* x, std::int64_t n,
                             std::int64_t inner, std::int64_t piece, typename Fold::Result* out) {
  using Result = typename Fold::Result;
  using From = typename Fold::From;
  __shared__ Result of_warps[row_groups][lanes][width];
  const std::int64_t column = (static_cast<std::int64_t>(blockIdx.x) * lanes + threadIdx.x) * width;
  const std::int64_t begin = blockIdx.y * piece;
  const std::int64_t end = begin + piece < n ? begin + piece : n;
  const std::int64_t outer = blockIdx.z;
  Result values[width];
  for (int w = 0; w < width; ++w) values[w] = fold.start();
  if (column < inner) {
#pragma unroll 8
    for (std::int64_t row = begin + threadIdx.y; row < end; row += row_groups) {
      const auto pack =
          *reinterpret_cast<const Pack<From, width>*>(x + (outer * n + row) * inner + column);
      for (int w = 0; w < width; ++w) values[w] = fold(values[w], fold.read(pack.of[w]));
    }
  }
  for (int w = 0; w < width; ++w) of_warps[threadIdx.y][threadIdx.x][w] = values[w];
  __syncthreads();
  if (threadIdx.y > 0 || column >= inner) return;
  for (int w = 0; w < width; ++w) {
    Result value = of_warps[0][threadIdx.x][w];
    for (int warp = 1; warp < row_groups; ++warp)
      value = fold(value, of_warps[warp][threadIdx.x][w]);
    out[(outer * gridDim.y + blockIdx.y) * inner + column + w] = value;
  }
}

template <class Fold, int width>
void launch_columns(Fold fold, const Tensor& x, const Tensor& out, std::int64_t pieces,
                    std::int64_t piece) {
  const std::int64_t n = x.size(1), inner = x.size(2);
  const std::int64_t across = blocks_for(inner, lanes * width);
  for_each_grid(x.size(0), max_grid_size().z, 1, [&](std::int64_t first, std::int64_t count) {
    launch(fold_columns<Fold, width>,
           Grid{{across, pieces, count}, {lanes, row_groups}, 0, stream_of(x)}, fold,
           x.data_ptr<typename Fold::From>() + first * n * inner, n, inner, piece,
           out.data_ptr<typename Fold::Result>() + first * pieces * inner);
  });
}

void reduce_columns(Reduction op, const Tensor& x, const Tensor& out) {
  const std::int64_t outer = x.size(0), n = x.size(1), inner = x.size(2);
  // As for rows: long columns are cut into pieces where there are too few to keep the device busy,
  // and where they are so long that a running sum of float32, of which each warp has one, would
  // lose too much of what it takes in. (2²⁴ + 1 is 2²⁴.)
  constexpr std::int64_t shortest = 256, longest = 1024;
  const std::int64_t blocks = outer * ((inner + 4 * lanes - 1) / (4 * lanes));
  const std::int64_t wanted =
      std::max<std::int64_t>(16 * multiprocessors(x.device().index) / blocks, 1);
  const std::int64_t piece = std::max(std::clamp((n + wanted - 1) / wanted, shortest, longest),
                                      blocks_for(n, max_grid_size().y));
  const std::int64_t pieces = std::max<std::int64_t>((n + piece - 1) / piece, 1);
  const Tensor partial =
      pieces == 1 ? out : Tensor({outer, pieces, inner}, out.dtype(), out.device());
  with_any_fold(op, x.dtype(), [&]<class Fold>(Fold fold) {
    if constexpr (std::is_same_v<typename Fold::From, float>) {
      if (inner % 4 == 0 && is_aligned(x.data_ptr<float>()))
        return launch_columns<Fold, 4>(fold, x, partial, pieces, piece);
    }
    launch_columns<Fold, 1>(fold, x, partial, pieces, piece);
  });
  if (pieces > 1) reduce_columns(op, partial, out);
}

// Where the extremes stand -----------------------------------------------------------------------

template <class T>
struct Found {
  T value;
  std::int64_t index;
};

/// Whether x is a better extreme than best; NaN is better than everything, and of equals the first.
template <class T>
__device__ bool beats(bool largest, const Found<T>& x, const Found<T>& best) {
  const bool x_is_nan = x.value != x.value, best_is_nan = best.value != best.value;
  if (x_is_nan || best_is_nan) {
    if (x_is_nan != best_is_nan) return x_is_nan;
    return x.index < best.index;
  }
  if (x.value == best.value) return x.index < best.index;
  return largest ? x.value > best.value : x.value < best.value;
}

/// A thread for each result: x [outer, n, inner] → values and indices [outer, inner], inner > 1.
template <class T>
__global__ void find_extremes_of_columns(bool largest, const T* x, std::int64_t results,
                                         std::int64_t n, std::int64_t inner, T* values,
                                         std::int64_t* indices) {
  for (std::int64_t result = thread_number(); result < results; result += thread_count()) {
    const T* column = x + result / inner * n * inner + result % inner;
    Found<T> best{column[0], 0};
    for (std::int64_t i = 1; i < n; ++i) {
      const Found<T> candidate{column[i * inner], i};
      if (beats(largest, candidate, best)) best = candidate;
    }
    values[result] = best.value;
    indices[result] = best.index;
  }
}

/// A block for each row of x [rows, n]. Threads that have no element of their own hold the first,
/// which is never better than itself.
template <class T>
__global__ void find_extremes_of_rows(bool largest, const T* x, std::int64_t n, T* values,
                                      std::int64_t* indices) {
  __shared__ T value_of[32];
  __shared__ std::int64_t index_of[32];
  const std::int64_t row = blockIdx.x;
  x += row * n;
  Found<T> best{x[0], 0};
  for (std::int64_t i = threadIdx.x; i < n; i += blockDim.x) {
    const Found<T> candidate{x[i], i};
    if (beats(largest, candidate, best)) best = candidate;
  }
  const auto fold_warp = [&] {
    for (int distance = 16; distance > 0; distance /= 2) {
      const Found<T> other{static_cast<T>(__shfl_down_sync(whole_warp, best.value, distance)),
                           __shfl_down_sync(whole_warp, best.index, distance)};
      if (beats(largest, other, best)) best = other;
    }
  };
  fold_warp();
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  if (lane == 0) {
    value_of[warp] = best.value;
    index_of[warp] = best.index;
  }
  __syncthreads();
  if (warp > 0) return;
  if (lane < blockDim.x / 32) best = {value_of[lane], index_of[lane]};
  fold_warp();
  if (lane == 0) {
    values[row] = best.value;
    indices[row] = best.index;
  }
}

}  // namespace
}  // namespace cuda

void CudaBackend::reduce(Reduction op, const Tensor& x, const Tensor& out) {
  if (out.numel() == 0) return;
  if (x.size(2) == 1 && op != Reduction::prod)
    cuda::reduce_rows(op, x, out);
  else
    cuda::reduce_columns(op, x, out);
}

void CudaBackend::arg_reduce(Reduction op, const Tensor& x, const Tensor& values,
                             const Tensor& indices) {
  if (values.numel() == 0) return;
  const std::int64_t n = x.size(1), inner = x.size(2);
  const int threads = n <= 64 ? 32 : n <= 4096 ? 128 : 1024;
  const bool largest = op == Reduction::max;
  dispatch(x.dtype(), [&]<class T>() {
    if (inner > 1)
      launch(cuda::find_extremes_of_columns<T>, cuda::grid_for(values.numel(), stream()), largest,
             x.data_ptr<T>(), values.numel(), n, inner, values.data_ptr<T>(),
             indices.data_ptr<std::int64_t>());
    else
      cuda::for_each_grid(
          values.numel(), cuda::max_grid_size().x, 1, [&](std::int64_t first, std::int64_t count) {
            launch(cuda::find_extremes_of_rows<T>, Grid{count, threads, 0, stream()}, largest,
                   x.data_ptr<T>() + first * n, n, values.data_ptr<T>() + first,
                   indices.data_ptr<std::int64_t>() + first);
          });
  });
}

}  // namespace kindling
