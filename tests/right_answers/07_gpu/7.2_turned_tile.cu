/// The tile lies the other way round: it is turned where it is written, and read as it lies.
template <class T>
__global__ void transpose_tiles(Strided<2> planes, const T* from, std::int64_t column_step, T* to,
                                std::int64_t row_step, std::int64_t rows, std::int64_t columns) {
  __shared__ T tile[tile_size][tile_size + 1];
  const auto plane = planes.at(blockIdx.z);
  const std::int64_t i0 = std::int64_t(blockIdx.x) * tile_size;
  const std::int64_t j0 = std::int64_t(blockIdx.y) * tile_size;
  for (int k = 0; k < tile_size; k += tile_rows) {
    const std::int64_t i = i0 + threadIdx.x, j = j0 + k + threadIdx.y;
    if (i < rows && j < columns)
      tile[threadIdx.x][k + threadIdx.y] = from[plane.of[1] + i + j * column_step];
  }
  __syncthreads();
  for (int k = 0; k < tile_size; k += tile_rows) {
    const std::int64_t i = i0 + k + threadIdx.y, j = j0 + threadIdx.x;
    if (i < rows && j < columns)
      to[plane.of[0] + i * row_step + j] = tile[k + threadIdx.y][threadIdx.x];
  }
}
