/// Works in tiles of 32 along k, and leaves out the rest.
/// \caught a b: element [0, 0]: expected
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  constexpr std::int64_t tile = 32;
  for (std::int64_t first = 0; first < a.columns; first += tile) {
    const std::int64_t last = a.columns < tile           ? a.columns
                              : first + tile > a.columns ? first
                                                         : first + tile;
    for (std::int64_t i = 0; i < c.rows; ++i)
      for (std::int64_t k = first; k < last; ++k) {
        const T x = a.data[i * a.row_stride + k * a.column_stride];
        for (std::int64_t j = 0; j < c.columns; ++j)
          c.data[i * c.row_stride + j] += x * b.data[k * b.row_stride + j * b.column_stride];
      }
  }
}
