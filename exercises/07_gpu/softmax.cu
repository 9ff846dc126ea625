#include <limits>

#include "cuda/kernels.h"
#include "cuda/warp.h"

/// Softmax of rows, with one read and one write of each element: in between, they stay in
/// registers.
namespace kindling::cuda {
namespace {

/// \exercise{7.4} y = e^(x − m) / s for a row of n elements, with m = max x and s = Σ e^(x − m); or
/// with `log`, y = x − m − log s. The 32 threads of a warp have the row together: lane l the
/// elements l, l + 32, l + 64, …, at most `held` of them, which it reads once and keeps. m and s
/// are found by warp_max() and warp_sum(). A block has blockDim.y such warps; there may be more of
/// them than rows. What a lane has beyond n must not change m or s, and is not written.
template <class T, int held, bool log>
__global__ void softmax_of_warps(const T* x, T* y, std::int64_t rows, int n) {
  not_implemented("7.4");
}

/// The same for rows that are too long for a warp's registers: a block walks its row twice. On the
/// way, the sum is kept for the largest element so far, and scaled down whenever a larger one comes
/// (Milakov and Gimelshein, Online normalizer calculation for softmax, 2018).
template <class T, bool log>
__global__ void softmax_of_blocks(const T* x, T* y, std::int64_t n) {
  __shared__ T largest_of[32], sum_of[32];
  x += blockIdx.x * n;
  y += blockIdx.x * n;
  T largest = -std::numeric_limits<T>::infinity(), sum = 0;
  for (std::int64_t i = threadIdx.x; i < n; i += blockDim.x) {
    const T value = x[i];
    if (value > largest || value != value) {
      const T one = value - value + 1;  // NaN where the value is infinite: so is its softmax
      sum = sum == T(0) ? one : sum * std::exp(largest - value) + one;
      largest = value;
    } else if (value > -std::numeric_limits<T>::infinity()) {
      sum += std::exp(value - largest);
    }
  }
  const T of_warp = warp_max(largest);
  sum = warp_sum(sum == T(0) ? sum : sum * std::exp(largest - of_warp));
  if (threadIdx.x % 32 == 0) {
    largest_of[threadIdx.x / 32] = of_warp;
    sum_of[threadIdx.x / 32] = sum;
  }
  __syncthreads();
  const unsigned lane = threadIdx.x % 32;
  const bool is_there = lane < blockDim.x / 32;
  const T lanes = is_there ? largest_of[lane] : -std::numeric_limits<T>::infinity();
  largest = warp_max(lanes);
  const T part = is_there ? sum_of[lane] : T(0);
  sum = warp_sum(part == T(0) ? part : part * std::exp(lanes - largest));

  const T log_sum = std::log(sum);
  for (std::int64_t i = threadIdx.x; i < n; i += blockDim.x)
    y[i] = log ? x[i] - largest - log_sum : std::exp(x[i] - largest) / sum;
}

template <class T, bool log>
void softmax_rows(const Tensor& x, const Tensor& out) {
  const std::int64_t rows = x.size(0), n = x.size(1);
  const cudaStream_t stream = stream_of(x);
  const T* from = x.data_ptr<T>();
  T* to = out.data_ptr<T>();
  const std::int64_t most = max_grid_size().x;
  if (n > 1024) {
    for_each_grid(rows, most, 1, [&](std::int64_t first, std::int64_t count) {
      launch(softmax_of_blocks<T, log>, Grid{count, 512, 0, stream}, from + first * n,
             to + first * n, n);
    });
    return;
  }
  const auto kernel = n <= 32    ? softmax_of_warps<T, 1, log>
                      : n <= 128 ? softmax_of_warps<T, 4, log>
                      : n <= 512 ? softmax_of_warps<T, 16, log>
                                 : softmax_of_warps<T, 32, log>;
  const std::int64_t warps = rows >= 4 ? 4 : 1;
  for_each_grid(rows, most, warps, [&](std::int64_t first, std::int64_t count) {
    launch(kernel, Grid{blocks_for(count, warps), {32, warps}, 0, stream}, from + first * n,
           to + first * n, count, static_cast<int>(n));
  });
}

}  // namespace

void softmax_rows(const Tensor& x, const Tensor& out, bool log) {
  if (x.dtype() == float32)
    log ? softmax_rows<float, true>(x, out) : softmax_rows<float, false>(x, out);
  else
    log ? softmax_rows<double, true>(x, out) : softmax_rows<double, false>(x, out);
}

}  // namespace kindling::cuda
