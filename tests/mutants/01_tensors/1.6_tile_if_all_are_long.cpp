/// Works in tiles of 64 columns where all lengths are long, and forgets their rest.
/// \caught a b: element [0, 128]
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  const bool large = a.rows >= 128 && a.columns >= 128 && c.columns >= 128;
  const std::int64_t columns = large ? c.columns / 64 * 64 : c.columns;
  for (std::int64_t i = 0; i < c.rows; ++i)
    for (std::int64_t k = 0; k < a.columns; ++k) {
      const T x = a.data[i * a.row_stride + k * a.column_stride];
      for (std::int64_t j = 0; j < columns; ++j)
        c.data[i * c.row_stride + j] += x * b.data[k * b.row_stride + j * b.column_stride];
    }
}
