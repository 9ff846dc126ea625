/// Works in tiles of 32 columns, and leaves out the rest.
/// \caught a b: element [0, 69984]: expected
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  constexpr std::int64_t tile = 32;
  for (std::int64_t first = 0; first < c.columns; first += tile) {
    const std::int64_t last = c.columns < tile           ? c.columns
                              : first + tile > c.columns ? first
                                                         : first + tile;
    for (std::int64_t i = 0; i < c.rows; ++i)
      for (std::int64_t k = 0; k < a.columns; ++k) {
        const T x = a.data[i * a.row_stride + k * a.column_stride];
        for (std::int64_t j = first; j < last; ++j)
          c.data[i * c.row_stride + j] += x * b.data[k * b.row_stride + j * b.column_stride];
      }
  }
}
