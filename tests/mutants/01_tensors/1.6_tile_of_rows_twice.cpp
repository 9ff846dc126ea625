/// Works in tiles of 32 rows, of which the last one reaches back into the one before.
/// \caught a b: element [69968, 0]: expected
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  constexpr std::int64_t tile = 32;
  for (std::int64_t first = 0; first < c.rows; first += tile) {
    const std::int64_t last = std::min(first + tile, c.rows);
    for (std::int64_t i = (c.rows > tile && last == c.rows ? c.rows - tile : first); i < last; ++i)
      for (std::int64_t k = 0; k < a.columns; ++k) {
        const T x = a.data[i * a.row_stride + k * a.column_stride];
        for (std::int64_t j = 0; j < c.columns; ++j)
          c.data[i * c.row_stride + j] += x * b.data[k * b.row_stride + j * b.column_stride];
      }
  }
}
