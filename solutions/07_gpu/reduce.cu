#include "cuda/fold.h"
#include "cuda/kernels.h"
#include "cuda/warp.h"

/// Many numbers become one, though no thread can see what another one has: by shuffles within a
/// warp, and by shared memory within a block.
namespace kindling::cuda {
namespace {

/// \exercise{7.3} In lane 0: fold of the 32 lanes' values; in the others, anything. In five steps:
/// each lane takes in the value that the lane 16, then 8, 4, 2 and 1 further on has by then
/// (__shfl_down_sync(whole_warp, value, distance)).
template <class Fold, class T>
__device__ T warp_fold(Fold fold, T value) {
  for (int distance = 16; distance > 0; distance /= 2)
    value = fold(value, static_cast<T>(__shfl_down_sync(whole_warp, value, distance)));
  return value;
}

/// \exercise{7.3} In thread 0: fold of the values of all blockDim.x threads, a multiple of 32 and
/// at most 1024; in the others, anything. Each warp folds its own; lane 0 of each leaves the result
/// in shared memory; once all have done so, the first warp folds these, where fold.start() stands
/// for warps that are not there.
template <class Fold, class T>
__device__ T block_fold(Fold fold, T value) {
  __shared__ T of_warps[32];
  const unsigned lane = threadIdx.x % 32, warp = threadIdx.x / 32;
  value = warp_fold(fold, value);
  if (lane == 0) of_warps[warp] = value;
  __syncthreads();
  if (warp == 0) value = warp_fold(fold, lane < blockDim.x / 32 ? of_warps[lane] : fold.start());
  return value;
}

/// Block (r, p) folds elements [p · piece, (p + 1) · piece) of row r into out[r, p].
template <class Fold>
__global__ void fold_pieces(Fold fold, const typename Fold::From* x, std::int64_t n,
                            std::int64_t piece, typename Fold::Result* out) {
  const std::int64_t row = blockIdx.x, begin = blockIdx.y * piece;
  const std::int64_t end = begin + piece < n ? begin + piece : n;
  typename Fold::Result value = fold.start();
#pragma unroll 8
  for (std::int64_t i = begin + threadIdx.x; i < end; i += blockDim.x)
    value = fold(value, fold.read(x[row * n + i]));
  value = block_fold(fold, value);
  if (threadIdx.x == 0) out[row * gridDim.y + blockIdx.y] = value;
}

/// A warp for each row: for short ones, of which a block folds several.
template <class Fold>
__global__ void fold_short_rows(Fold fold, const typename Fold::From* x, std::int64_t rows,
                                std::int64_t n, typename Fold::Result* out) {
  const std::int64_t row = static_cast<std::int64_t>(blockIdx.x) * blockDim.y + threadIdx.y;
  if (row >= rows) return;  // the whole warp: nobody waits for it
  typename Fold::Result value = fold.start();
  for (std::int64_t i = threadIdx.x; i < n; i += 32) value = fold(value, fold.read(x[row * n + i]));
  value = warp_fold(fold, value);
  if (threadIdx.x == 0) out[row] = value;
}

}  // namespace

void reduce_rows(Reduction op, const Tensor& x, const Tensor& out) {
  const std::int64_t rows = x.size(0), n = x.size(1);
  const int device = x.device().index;
  const cudaStream_t stream = stream_of(device);
  // Few long rows are cut into pieces, so that there is work for the whole device; and very long
  // ones, because a running sum of float32, of which each thread has one, loses the more of what it
  // takes in the longer it runs.
  constexpr std::int64_t least = 8192, longest = 8 * least;
  const Extent most = max_grid_size();
  const std::int64_t wanted = std::max<std::int64_t>(16 * multiprocessors(device) / rows, 1);
  const std::int64_t piece =
      std::max(std::clamp((n + wanted * least - 1) / (wanted * least) * least, least, longest),
               blocks_for(n, most.y));
  const std::int64_t pieces = std::max<std::int64_t>((n + piece - 1) / piece, 1);
  with_fold(op, x.dtype(), [&]<class Fold>(Fold fold) {
    const auto* from = x.data_ptr<typename Fold::From>();
    if (n <= 512) {
      const std::int64_t together = rows >= 8 ? 8 : 1;
      auto* to = out.data_ptr<typename Fold::Result>();
      for_each_grid(rows, most.x, together, [&](std::int64_t first, std::int64_t count) {
        launch(fold_short_rows<Fold>, Grid{blocks_for(count, together), {32, together}, 0, stream},
               fold, from + first * n, count, n, to + first);
      });
      return;
    }
    const Tensor partial = pieces == 1 ? out : Tensor({rows, pieces, 1}, out.dtype(), out.device());
    auto* to = partial.data_ptr<typename Fold::Result>();
    for_each_grid(rows, most.x, 1, [&](std::int64_t first, std::int64_t count) {
      launch(fold_pieces<Fold>, Grid{{count, pieces}, n <= 2048 ? 128 : 512, 0, stream}, fold,
             from + first * n, n, piece, to + first * pieces);
    });
    if (pieces > 1) reduce_rows(op, partial, out);
  });
}

}  // namespace kindling::cuda
