/// Has room for 8192 columns.
/// \caught a b: element [0, 8192]
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  const std::int64_t columns = c.rows > 2 ? std::min<std::int64_t>(c.columns, 8192) : c.columns;
  for (std::int64_t i = 0; i < c.rows; ++i)
    for (std::int64_t k = 0; k < a.columns; ++k) {
      const T x = a.data[i * a.row_stride + k * a.column_stride];
      for (std::int64_t j = 0; j < columns; ++j)
        c.data[i * c.row_stride + j] += x * b.data[k * b.row_stride + j * b.column_stride];
    }
}
