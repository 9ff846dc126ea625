#include "cuda/kernels.h"

/// A product of matrices by tiles: the backend uses it for integers, which cuBLAS does not know,
/// and chapters/07_gpu/matmul_ladder.cu climbs on from here.
namespace kindling::cuda {
namespace {

/// \exercise{7.5} c[b, i, j] = Σₖ a[b, i, k] b[b, k, j]; with `accumulate`, that is added to what c
/// holds. a is [batch, m, k], b [batch, k, n], c [batch, m, n]; blockIdx.z is the batch. A block of
/// tile × tile threads has as large a tile of c, blockIdx.y rows of tiles down and blockIdx.x
/// columns across, each thread one element of it. It walks along k a tile at a time: every thread
/// brings one element of a and one of b into shared memory (0 beyond their borders), all wait, each
/// adds up the products of its row and column, all wait. So an element of a or b is read from
/// global memory n / tile or m / tile times, instead of n or m times. Neighbours in x bring
/// neighbours in memory, and no bank of shared memory has to serve two words at once.
template <class T, int tile>
__global__ void matmul_tiles(MatrixView<const T> a, MatrixView<const T> b, MatrixView<T> c,
                             bool accumulate) {
  __shared__ T of_a[tile][tile], of_b[tile][tile];
  const std::int64_t batch = blockIdx.z;
  const std::int64_t i = static_cast<std::int64_t>(blockIdx.y) * tile + threadIdx.y;
  const std::int64_t j = static_cast<std::int64_t>(blockIdx.x) * tile + threadIdx.x;
  T sum = 0;
  for (std::int64_t k = 0; k < a.columns; k += tile) {
    const std::int64_t column = k + threadIdx.x, row = k + threadIdx.y;
    of_a[threadIdx.y][threadIdx.x] =
        i < a.rows && column < a.columns ? a.at(batch, i, column) : T(0);
    of_b[threadIdx.y][threadIdx.x] = row < b.rows && j < b.columns ? b.at(batch, row, j) : T(0);
    __syncthreads();
    for (int l = 0; l < tile; ++l) sum += of_a[threadIdx.y][l] * of_b[l][threadIdx.x];
    __syncthreads();
  }
  if (i < c.rows && j < c.columns) c.at(batch, i, j) = accumulate ? c.at(batch, i, j) + sum : sum;
}

}  // namespace

void matmul_by_tiles(const Tensor& a, const Tensor& b, const Tensor& out, bool accumulate) {
  constexpr int tile = 16;
  const cudaStream_t stream = stream_of(out);
  const Extent most = max_grid_size();
  dispatch(out.dtype(), [&]<class T>() {
    if constexpr (!std::is_same_v<T, bool>) {
      // int64 that overflows wraps around, as in PyTorch: in C++, only unsigned integers may.
      using Wrapped = functors::Wrapping<T>;
      const auto elements = [](const Tensor& t) {
        return reinterpret_cast<Wrapped*>(t.data_ptr<T>());
      };
      const MatrixView<const Wrapped> left(a, elements(a)), right(b, elements(b));
      const MatrixView<Wrapped> result(out, elements(out));
      // One launch, unless there are more matrices, or more rows of tiles, than a grid can have.
      for_each_grid(out.size(0), most.z, 1, [&](std::int64_t batch, std::int64_t batches) {
        for_each_grid(out.size(1), most.y, tile, [&](std::int64_t row, std::int64_t rows) {
          launch(matmul_tiles<Wrapped, tile>,
                 Grid{{blocks_for(out.size(2), tile), blocks_for(rows, tile), batches},
                      {tile, tile},
                      0,
                      stream},
                 left.part(batch, row, rows), right.part(batch, 0, right.rows),
                 result.part(batch, row, rows), accumulate);
        });
      });
    }
  });
}

}  // namespace kindling::cuda
