/// The four elements of a thread without a loop, in a tile of one axis.
template <class T>
__global__ void transpose_tiles(Strided<2> planes, const T* from, std::int64_t column_step, T* to,
                                std::int64_t row_step, std::int64_t rows, std::int64_t columns) {
  __shared__ T tile[tile_size * (tile_size + 1)];
  const auto origin = planes.at(blockIdx.z);
  const std::int64_t x = threadIdx.x, y = threadIdx.y;
  const std::int64_t top = blockIdx.x * 32LL, left = blockIdx.y * 32LL;
  const auto bring = [&](std::int64_t row) {
    if (top + x < rows && left + row < columns)
      tile[row * 33 + x] = from[origin.of[1] + top + x + (left + row) * column_step];
  };
  const auto take = [&](std::int64_t row) {
    if (top + row < rows && left + x < columns)
      to[origin.of[0] + (top + row) * row_step + left + x] = tile[x * 33 + row];
  };
  bring(y), bring(y + 8), bring(y + 16), bring(y + 24);
  __syncthreads();
  take(y), take(y + 8), take(y + 16), take(y + 24);
}
