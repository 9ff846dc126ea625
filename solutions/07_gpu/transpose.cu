#include "cuda/kernels.h"

/// A copy that reads along one axis and writes along another.
namespace kindling::cuda {
namespace {

constexpr int tile_size = 32;
constexpr int tile_rows = 8;  // of threads: each of them takes 4 elements

/// \exercise{7.2} For every plane: to[i · row_step + j] = from[i + j · column_step], for i < rows
/// and j < columns. A block of 32 × 8 threads has a tile of 32 × 32 elements. Neighbours of a warp
/// read neighbours in memory, and write neighbours, so each request is one piece of memory: between
/// the two, the tile lies in shared memory, whose rows are one element longer than the tile,
/// because 32 threads that read a column of 32 words a row would all want the same of its 32 banks.
/// Block (x, y, z) has the x-th tile of the rows, the y-th of the columns, and plane z, for which
/// `planes.at(z)` gives where it begins: `of[0]` in `to`, `of[1]` in `from`.
template <class T>
__global__ void transpose_tiles(Strided<2> planes, const T* from, std::int64_t column_step, T* to,
                                std::int64_t row_step, std::int64_t rows, std::int64_t columns) {
  __shared__ T tile[tile_size][tile_size + 1];
  const std::int64_t top = static_cast<std::int64_t>(blockIdx.x) * tile_size;
  const std::int64_t left = static_cast<std::int64_t>(blockIdx.y) * tile_size;
  const auto origin = planes.at(blockIdx.z);
  from += origin.of[1];
  to += origin.of[0];

  for (int y = threadIdx.y; y < tile_size; y += tile_rows) {
    const std::int64_t i = top + threadIdx.x, j = left + y;
    if (i < rows && j < columns) tile[y][threadIdx.x] = from[i + j * column_step];
  }
  __syncthreads();
  for (int y = threadIdx.y; y < tile_size; y += tile_rows) {
    const std::int64_t i = top + y, j = left + threadIdx.x;
    if (i < rows && j < columns) to[i * row_step + j] = tile[threadIdx.x][y];
  }
}

}  // namespace

template <class T>
void transpose(const Strided<2>& planes, const T* from, std::int64_t column_step, T* to,
               std::int64_t row_step, std::int64_t rows, std::int64_t columns,
               cudaStream_t stream) {
  launch(transpose_tiles<T>,
         Grid{{blocks_for(rows, tile_size), blocks_for(columns, tile_size), planes.n},
              {tile_size, tile_rows},
              0,
              stream},
         planes, from, column_step, to, row_step, rows, columns);
}
template void transpose(const Strided<2>&, const std::uint8_t*, std::int64_t, std::uint8_t*,
                        std::int64_t, std::int64_t, std::int64_t, cudaStream_t);
template void transpose(const Strided<2>&, const std::uint32_t*, std::int64_t, std::uint32_t*,
                        std::int64_t, std::int64_t, std::int64_t, cudaStream_t);
template void transpose(const Strided<2>&, const std::uint64_t*, std::int64_t, std::uint64_t*,
                        std::int64_t, std::int64_t, std::int64_t, cudaStream_t);

}  // namespace kindling::cuda
