#include <cmath>

#include "cuda/kernels.h"
#include "cuda/warp.h"
#include "fused/layer_norm.h"

/// Layer normalisation of rows, and the way back (Ba, Kiros and Hinton, 2016).
namespace kindling::cuda {
namespace {

constexpr unsigned warps = 4;  // of a block; each has a row

/// As softmax_of_warps (solutions/07_gpu/softmax.cu): a warp keeps its row in registers, `held`
/// elements a lane; the variance is that of what it holds, and not a difference of large sums.
template <class T, int held>
__global__ void normalize_rows(const T* x, const T* weight, const T* bias, T eps, T* y, T* mean_of,
                               T* rstd_of, std::int64_t rows, int n) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
  if (row >= rows) return;
  x += row * n;
  y += row * n;
  T mine[held];
  T sum = 0;
#pragma unroll  // or `mine` would not be in registers
  for (int k = 0; k < held; ++k) {
    const int i = static_cast<int>(threadIdx.x) + 32 * k;
    mine[k] = i < n ? x[i] : T(0);
    sum += mine[k];
  }
  const T mean = warp_sum(sum) / static_cast<T>(n);
  T squares = 0;
#pragma unroll
  for (int k = 0; k < held; ++k) {
    const T deviation = mine[k] - mean;
    if (static_cast<int>(threadIdx.x) + 32 * k < n) squares += deviation * deviation;
  }
  const T rstd = T(1) / std::sqrt(warp_sum(squares) / static_cast<T>(n) + eps);
#pragma unroll
  for (int k = 0; k < held; ++k) {
    const int i = static_cast<int>(threadIdx.x) + 32 * k;
    if (i < n) y[i] = (mine[k] - mean) * rstd * weight[i] + bias[i];
  }
  if (threadIdx.x > 0) return;
  mean_of[row] = mean;
  rstd_of[row] = rstd;
}

/// The same for rows that are too long for a warp's registers, which are read three times.
template <class T>
__global__ void normalize_long_rows(const T* x, const T* weight, const T* bias, T eps, T* y,
                                    T* mean_of, T* rstd_of, std::int64_t n) {
  __shared__ T of_warps[32];
  x += blockIdx.x * n;
  y += blockIdx.x * n;
  const auto sum_of_block = [&](T value) {
    const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    value = warp_sum(value);
    __syncthreads();  // of_warps may still be read from the time before
    if (lane == 0) of_warps[warp] = value;
    __syncthreads();
    return warp_sum(lane < blockDim.x / 32 ? of_warps[lane] : T(0));
  };
  T sum = 0;
  for (std::int64_t i = threadIdx.x; i < n; i += blockDim.x) sum += x[i];
  const T mean = sum_of_block(sum) / static_cast<T>(n);
  T squares = 0;
  for (std::int64_t i = threadIdx.x; i < n; i += blockDim.x)
    squares += (x[i] - mean) * (x[i] - mean);
  const T rstd = T(1) / std::sqrt(sum_of_block(squares) / static_cast<T>(n) + eps);
  for (std::int64_t i = threadIdx.x; i < n; i += blockDim.x)
    y[i] = (x[i] - mean) * rstd * weight[i] + bias[i];
  if (threadIdx.x > 0) return;
  mean_of[blockIdx.x] = mean;
  rstd_of[blockIdx.x] = rstd;
}

/// With x̂ = (x − mean) rstd and g = dy weight:  dx = rstd (g − mean of g − x̂ · mean of g x̂).
template <class T>
__global__ void normalize_backward_rows(const T* dy, const T* x, const T* weight, const T* mean_of,
                                        const T* rstd_of, T* dx, std::int64_t rows,
                                        std::int64_t n) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
  if (row >= rows) return;
  dy += row * n;
  x += row * n;
  dx += row * n;
  const T mean = mean_of[row], rstd = rstd_of[row];
  T sum = 0, product = 0;
  for (std::int64_t i = threadIdx.x; i < n; i += 32) {
    const T g = dy[i] * weight[i];
    sum += g;
    product += g * (x[i] - mean) * rstd;
  }
  sum = warp_sum(sum) / static_cast<T>(n);
  product = warp_sum(product) / static_cast<T>(n);
  for (std::int64_t i = threadIdx.x; i < n; i += 32)
    dx[i] = rstd * (dy[i] * weight[i] - sum - (x[i] - mean) * rstd * product);
}

/// dweight = Σ dy x̂ and dbias = Σ dy over the rows [blockIdx.y · piece, (blockIdx.y + 1) · piece):
/// each thread takes one column after the other.
template <class T>
__global__ void normalize_backward_columns(const T* dy, const T* x, const T* mean_of,
                                           const T* rstd_of, T* dweight, T* dbias,
                                           std::int64_t rows, std::int64_t n, std::int64_t piece) {
  const std::int64_t begin = blockIdx.y * piece;
  const std::int64_t end = begin + piece < rows ? begin + piece : rows;
  for (std::int64_t column = thread_number(); column < n; column += thread_count()) {
    T weight = 0, bias = 0;
    for (std::int64_t row = begin; row < end; ++row) {
      const T g = dy[row * n + column];
      weight += g * (x[row * n + column] - mean_of[row]) * rstd_of[row];
      bias += g;
    }
    dweight[blockIdx.y * n + column] = weight;
    dbias[blockIdx.y * n + column] = bias;
  }
}

template <class T>
void normalize(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps,
               const Tensor& out, const Tensor& mean, const Tensor& rstd) {
  const std::int64_t rows = x.size(0), n = x.size(1), most = max_grid_size().x;
  const cudaStream_t stream = stream_of(x);
  const T *from = x.data_ptr<T>(), *w = weight.data_ptr<T>(), *b = bias.data_ptr<T>();
  T *to = out.data_ptr<T>(), *means = mean.data_ptr<T>(), *rstds = rstd.data_ptr<T>();
  if (n > 1024) {
    for_each_grid(rows, most, 1, [&](std::int64_t first, std::int64_t count) {
      launch(normalize_long_rows<T>, Grid{count, 512, 0, stream}, from + first * n, w, b, eps,
             to + first * n, means + first, rstds + first, n);
    });
    return;
  }
  const auto kernel = n <= 32    ? normalize_rows<T, 1>
                      : n <= 128 ? normalize_rows<T, 4>
                      : n <= 512 ? normalize_rows<T, 16>
                                 : normalize_rows<T, 32>;
  for_each_grid(rows, most, warps, [&](std::int64_t first, std::int64_t count) {
    launch(kernel, Grid{blocks_for(count, warps), {32, warps}, 0, stream}, from + first * n, w, b,
           eps, to + first * n, means + first, rstds + first, count, static_cast<int>(n));
  });
}

template <class T>
void normalize_backward(const Tensor& grad, const Tensor& x, const Tensor& weight,
                        const Tensor& mean, const Tensor& rstd, const Tensor& dx,
                        const Tensor& dweight, const Tensor& dbias) {
  const cudaStream_t stream = stream_of(x);
  const std::int64_t rows = x.size(0), n = x.size(1);
  const T *dy = grad.data_ptr<T>(), *from = x.data_ptr<T>();
  const T *means = mean.data_ptr<T>(), *rstds = rstd.data_ptr<T>();
  const Extent most = max_grid_size();
  for_each_grid(rows, most.x, warps, [&](std::int64_t first, std::int64_t count) {
    launch(normalize_backward_rows<T>, Grid{blocks_for(count, warps), {32, warps}, 0, stream},
           dy + first * n, from + first * n, weight.data_ptr<T>(), means + first, rstds + first,
           dx.data_ptr<T>() + first * n, count, n);
  });

  constexpr std::int64_t longest = 256;  // rows of a running sum
  const std::int64_t pieces = std::min<std::int64_t>(
      std::max(std::clamp<std::int64_t>(rows / 64, 1, 4 * multiprocessors(x.device().index)),
               (rows + longest - 1) / longest),
      most.y);
  const Tensor weights({1, pieces, n}, x.dtype(), x.device());
  const Tensor biases({1, pieces, n}, x.dtype(), x.device());
  Grid grid = grid_for(n, stream);
  grid.grid.y = pieces;
  launch(normalize_backward_columns<T>, grid, dy, from, means, rstds, weights.data_ptr<T>(),
         biases.data_ptr<T>(), rows, n, blocks_for(rows, pieces));
  Backend& on = backend(x.device());
  on.reduce(Reduction::sum, weights,
            Tensor(dweight.storage(), Layout({1, n}, {n, 1}, dweight.storage_offset()), x.dtype()));
  on.reduce(Reduction::sum, biases,
            Tensor(dbias.storage(), Layout({1, n}, {n, 1}, dbias.storage_offset()), x.dtype()));
}

void layer_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, double eps,
                const Tensor& out, const Tensor& mean, const Tensor& rstd) {
  const auto of_type = x.dtype() == float32 ? normalize<float> : normalize<double>;
  of_type(x, weight, bias, eps, out, mean, rstd);
}

void layer_norm_backward(const Tensor& grad, const Tensor& x, const Tensor& weight,
                         const Tensor& mean, const Tensor& rstd, const Tensor& dx,
                         const Tensor& dweight, const Tensor& dbias) {
  const auto of_type =
      x.dtype() == float32 ? normalize_backward<float> : normalize_backward<double>;
  of_type(grad, x, weight, mean, rstd, dx, dweight, dbias);
}

[[maybe_unused]] const bool are_there =
    layer_norm_rows.provide(Device::Type::cuda, layer_norm) &&
    layer_norm_rows_backward.provide(Device::Type::cuda, layer_norm_backward);

}  // namespace
}  // namespace kindling::cuda
