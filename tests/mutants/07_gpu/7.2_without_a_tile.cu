/// Writes straight away: neighbouring threads write elements that lie a row apart.
/// \caught writing: expected 4 sectors of 32 bytes a request of a warp, got 32
template <class T>
__global__ void transpose_tiles(Strided<2> planes, const T* from, std::int64_t column_step, T* to,
                                std::int64_t row_step, std::int64_t rows, std::int64_t columns) {
  const std::int64_t top = static_cast<std::int64_t>(blockIdx.x) * tile_size;
  const std::int64_t left = static_cast<std::int64_t>(blockIdx.y) * tile_size;
  const auto origin = planes.at(blockIdx.z);
  from += origin.of[1];
  to += origin.of[0];
  for (int y = threadIdx.y; y < tile_size; y += tile_rows) {
    const std::int64_t i = top + threadIdx.x, j = left + y;
    if (i < rows && j < columns) to[i * row_step + j] = from[i + j * column_step];
  }
}
