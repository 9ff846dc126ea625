/// The first warp of each block does the work of all.
/// \caught reads and writes by the busiest of the 8 x 32 threads
template <class T>
__global__ void transpose_tiles(Strided<2> planes, const T* from, std::int64_t column_step, T* to,
                                std::int64_t row_step, std::int64_t rows, std::int64_t columns) {
  __shared__ T tile[tile_size][tile_size + 1];
  const std::int64_t top = static_cast<std::int64_t>(blockIdx.x) * tile_size;
  const std::int64_t left = static_cast<std::int64_t>(blockIdx.y) * tile_size;
  const auto origin = planes.at(blockIdx.z);
  from += origin.of[1];
  to += origin.of[0];

  for (int y = threadIdx.y == 0 ? 0 : tile_size; y < tile_size; ++y) {
    const std::int64_t i = top + threadIdx.x, j = left + y;
    if (i < rows && j < columns) tile[y][threadIdx.x] = from[i + j * column_step];
  }
  __syncthreads();
  for (int y = threadIdx.y == 0 ? 0 : tile_size; y < tile_size; ++y) {
    const std::int64_t i = top + y, j = left + threadIdx.x;
    if (i < rows && j < columns) to[i * row_step + j] = tile[threadIdx.x][y];
  }
}
