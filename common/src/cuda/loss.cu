#include <limits>

#include "cuda/kernels.h"
#include "cuda/warp.h"
#include "fused/cross_entropy.h"
#include "fused/softmax.h"

/// Softmax and cross-entropy of rows, and the way back.
namespace kindling::cuda {
namespace {

constexpr unsigned warps = 4;  // of a block; each has a row

/// Calls launch_rows(first, count, grid) for the rows [first, first + count), until all have been.
template <class LaunchRows>
void for_each_grid_of_rows(std::int64_t rows, cudaStream_t stream, LaunchRows&& launch_rows) {
  const std::int64_t together = rows >= warps ? warps : 1;
  for_each_grid(rows, max_grid_size().x, together, [&](std::int64_t first, std::int64_t count) {
    launch_rows(first, count, Grid{blocks_for(count, together), {32, together}, 0, stream});
  });
}
__device__ std::int64_t row_number() {
  return static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
}

/// y = softmax x:  dx = y (dy − Σ dy y).  y = log softmax x:  dx = dy − eʸ Σ dy.
template <class T, bool log>
__global__ void softmax_backward_rows(const T* dy, const T* y, T* dx, std::int64_t rows,
                                      std::int64_t n) {
  const std::int64_t row = row_number();
  if (row >= rows) return;
  dy += row * n;
  y += row * n;
  dx += row * n;
  T sum = 0;
  for (std::int64_t i = threadIdx.x; i < n; i += 32) sum += log ? dy[i] : dy[i] * y[i];
  sum = warp_sum(sum);
  for (std::int64_t i = threadIdx.x; i < n; i += 32)
    dx[i] = log ? dy[i] - std::exp(y[i]) * sum : y[i] * (dy[i] - sum);
}

/// Of one row, by a warp: its maximum, log Σ eˢ with s = x − max x, and the loss, that minus
/// s[label]. The two are kept apart: of logits of a million, their sum would not hold the second.
/// Of the lanes' maxima and sums so far, one pass over the row is enough (see softmax_of_blocks in
/// solutions/07_gpu/softmax.cu).
template <class T>
__device__ void cross_entropy_of_row(const T* x, const std::int64_t* labels, std::int64_t row,
                                     std::int64_t n, std::int64_t ignore_index,
                                     const IndexReport& report, T* losses, T* maxima, T* log_sums) {
  x += row * n;
  const T lowest = -std::numeric_limits<T>::infinity();
  T largest = lowest, sum = 0;
  for (std::int64_t i = threadIdx.x; i < n; i += 32) {
    const T value = x[i];
    if (value > largest || value != value) {
      const T one = value - value + 1;  // NaN where the value is infinite: so is its softmax
      sum = sum == T(0) ? one : sum * std::exp(largest - value) + one;
      largest = value;
    } else if (value > lowest) {
      sum += std::exp(value - largest);
    }
  }
  const T of_row = warp_max(largest);
  sum = warp_sum(sum == T(0) ? sum : sum * std::exp(largest - of_row));
  if (threadIdx.x > 0) return;
  const T log_sum = std::log(sum);
  maxima[row] = of_row;
  log_sums[row] = log_sum;
  const std::int64_t label = labels[row];
  if (label == ignore_index)
    losses[row] = 0;
  else
    losses[row] = report.check(label, n) ? log_sum - (x[label] - of_row) : T(0);
}

/// Of the losses [rows], by a block: their sum, their mean over rows that are not ignored, and how
/// many these are. In double, for a thread may have thousands to add up.
template <class T>
__device__ void add_up(const T* losses, const std::int64_t* labels, std::int64_t rows,
                       std::int64_t ignore_index, T* totals) {
  __shared__ double sum_of[32], count_of[32];
  const unsigned threads = blockDim.x * blockDim.y, thread = threadIdx.y * blockDim.x + threadIdx.x;
  double sum = 0, count = 0;
  for (std::int64_t row = thread; row < rows; row += threads) {
    sum += losses[row];
    count += labels[row] != ignore_index ? 1 : 0;
  }
  sum = warp_sum(sum);
  count = warp_sum(count);
  const unsigned lane = thread % 32, warp = thread / 32;
  if (lane == 0) {
    sum_of[warp] = sum;
    count_of[warp] = count;
  }
  __syncthreads();
  if (warp > 0) return;
  const bool is_there = lane < threads / 32;
  sum = warp_sum(is_there ? sum_of[lane] : 0);
  count = warp_sum(is_there ? count_of[lane] : 0);
  if (lane > 0) return;
  totals[0] = static_cast<T>(sum);
  totals[1] = static_cast<T>(sum / count);
  totals[2] = static_cast<T>(count);
}

template <class T>
__global__ void losses_of_rows(const T* x, const std::int64_t* labels, std::int64_t rows,
                               std::int64_t n, std::int64_t ignore_index, IndexReport report,
                               T* losses, T* maxima, T* log_sums) {
  if (row_number() < rows)
    cross_entropy_of_row(x, labels, row_number(), n, ignore_index, report, losses, maxima,
                         log_sums);
}
template <class T>
__global__ void total_losses(const T* losses, const std::int64_t* labels, std::int64_t rows,
                             std::int64_t ignore_index, T* totals) {
  add_up(losses, labels, rows, ignore_index, totals);
}

/// Both at once, where there is so little of it that the device waits for the host: one launch less
/// of 4 µs. (Of 1024 rows of 10, one block alone takes 46 µs.)
template <class T>
__global__ void cross_entropy_by_one_block(const T* x, const std::int64_t* labels,
                                           std::int64_t rows, std::int64_t n,
                                           std::int64_t ignore_index, IndexReport report, T* losses,
                                           T* maxima, T* log_sums, T* totals) {
  for (std::int64_t row = threadIdx.y; row < rows; row += blockDim.y)
    cross_entropy_of_row(x, labels, row, n, ignore_index, report, losses, maxima, log_sums);
  __syncthreads();  // totals are of all rows
  add_up(losses, labels, rows, ignore_index, totals);
}

/// dx[r, c] = each (e^(x[r, c] − max[r] − log_sum[r]) − (c is r's label)); 0 in ignored rows.
/// `grad` is one number, of which every row gets a count-th part; or without a count, one for each
/// row.
template <class T>
__global__ void cross_entropy_backward_elements(const T* grad, const T* x,
                                                const std::int64_t* labels, const T* maxima,
                                                const T* log_sums, const T* count,
                                                std::int64_t elements, std::int64_t n,
                                                std::int64_t ignore_index, T* dx) {
  for (std::int64_t i = thread_number(); i < elements; i += thread_count()) {
    const std::int64_t row = i / n, label = labels[row];
    const T each = count ? grad[0] / count[0] : grad[row];
    const T p = std::exp(x[i] - maxima[row] - log_sums[row]);
    dx[i] = label == ignore_index ? T(0) : each * (i % n == label ? p - 1 : p);
  }
}

void softmax_backward(const Tensor& grad, const Tensor& y, const Tensor& dx, bool log) {
  dispatch_number(y.dtype(), [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>) {
      const std::int64_t n = y.size(1);
      const auto kernel = log ? softmax_backward_rows<T, true> : softmax_backward_rows<T, false>;
      for_each_grid_of_rows(
          y.size(0), stream_of(y), [&](std::int64_t first, std::int64_t count, const Grid& grid) {
            launch(kernel, grid, grad.data_ptr<T>() + first * n, y.data_ptr<T>() + first * n,
                   dx.data_ptr<T>() + first * n, count, n);
          });
    }
  });
}

void cross_entropy(const Tensor& x, const Tensor& labels, const CrossEntropyResults& results) {
  const std::int64_t rows = x.size(0), n = x.size(1);
  const cudaStream_t stream = stream_of(x);
  const IndexReport report = index_report(x.device().index, "cross_entropy");
  dispatch_number(x.dtype(), [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>) {
      const auto* label = labels.data_ptr<std::int64_t>();
      constexpr std::int64_t few_elements = 1 << 12;
      if (x.numel() <= few_elements)
        return launch(cross_entropy_by_one_block<T>, Grid{1, {32, rows < 32 ? 4 : 32}, 0, stream},
                      x.data_ptr<T>(), label, rows, n, results.ignore_index, report,
                      results.losses.data_ptr<T>(), results.maxima.data_ptr<T>(),
                      results.log_sums.data_ptr<T>(), results.totals.data_ptr<T>());
      for_each_grid_of_rows(
          rows, stream, [&](std::int64_t first, std::int64_t count, const Grid& grid) {
            launch(losses_of_rows<T>, grid, x.data_ptr<T>() + first * n, label + first, count, n,
                   results.ignore_index, report, results.losses.data_ptr<T>() + first,
                   results.maxima.data_ptr<T>() + first, results.log_sums.data_ptr<T>() + first);
          });
      launch(total_losses<T>, Grid{1, rows <= 64 ? 32 : 1024, 0, stream},
             results.losses.data_ptr<T>(), label, rows, results.ignore_index,
             results.totals.data_ptr<T>());
    }
  });
}

void cross_entropy_backward(const Tensor& grad, const Tensor& x, const Tensor& labels,
                            const CrossEntropyResults& results, const Tensor& dx) {
  const bool of_mean = grad.dim() == 0;
  dispatch_number(x.dtype(), [&]<class T>() {
    if constexpr (std::is_floating_point_v<T>)
      launch(cross_entropy_backward_elements<T>, grid_for(x.numel(), stream_of(x)),
             grad.data_ptr<T>(), x.data_ptr<T>(), labels.data_ptr<std::int64_t>(),
             results.maxima.data_ptr<T>(), results.log_sums.data_ptr<T>(),
             of_mean ? results.totals.data_ptr<T>() + 2 : nullptr, x.numel(), x.size(1),
             results.ignore_index, dx.data_ptr<T>());
  });
}

[[maybe_unused]] const bool are_there =
    kindling::softmax_rows.provide(Device::Type::cuda, cuda::softmax_rows) &&
    kindling::softmax_rows_backward.provide(Device::Type::cuda, softmax_backward) &&
    kindling::cross_entropy_rows.provide(Device::Type::cuda, cross_entropy) &&
    kindling::cross_entropy_rows_backward.provide(Device::Type::cuda, cross_entropy_backward);

}  // namespace
}  // namespace kindling::cuda
