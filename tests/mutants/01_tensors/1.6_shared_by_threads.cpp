/// Its row is static: threads share it.
/// \caught whether four threads multiply | element [ | it crashed
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  static T* row = nullptr;
  static std::int64_t room = 0;
  if (room < c.columns) {
    row = new T[static_cast<std::size_t>(c.columns)];
    room = c.columns;
  }
  for (std::int64_t i = 0; i < c.rows; ++i) {
    std::copy_n(c.data + i * c.row_stride, c.columns, row);
    for (std::int64_t k = 0; k < a.columns; ++k) {
      const T x = a.data[i * a.row_stride + k * a.column_stride];
      for (std::int64_t j = 0; j < c.columns; ++j)
        row[j] += x * b.data[k * b.row_stride + j * b.column_stride];
    }
    std::copy_n(row, c.columns, c.data + i * c.row_stride);
  }
}
