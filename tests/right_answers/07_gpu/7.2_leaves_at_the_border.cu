/// Loops end at the border of the matrix.
template <class T>
__global__ void transpose_tiles(Strided<2> planes, const T* from, std::int64_t column_step, T* to,
                                std::int64_t row_step, std::int64_t rows, std::int64_t columns) {
  __shared__ T tile[tile_size][tile_size + 1];
  const std::int64_t top = std::int64_t(blockIdx.x) * tile_size;
  const std::int64_t left = std::int64_t(blockIdx.y) * tile_size;
  const T* const source = from + planes.at(blockIdx.z).of[1] + left * column_step + top;
  T* const target = to + planes.at(blockIdx.z).of[0] + top * row_step + left;
  const std::int64_t high = rows - top < tile_size ? rows - top : tile_size;
  const std::int64_t wide = columns - left < tile_size ? columns - left : tile_size;
  if (threadIdx.x < high)
    for (int y = threadIdx.y; y < wide; y += tile_rows)
      tile[y][threadIdx.x] = source[threadIdx.x + y * column_step];
  __syncthreads();
  if (threadIdx.x < wide)
    for (int y = threadIdx.y; y < high; y += tile_rows)
      target[y * row_step + threadIdx.x] = tile[threadIdx.x][y];
}
