/// Keeps strides in ints.
/// \caught far · nearᵀ: element [1, 0]: expected 32, got 0
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  const int a_row = static_cast<int>(a.row_stride), b_row = static_cast<int>(b.row_stride);
  for (std::int64_t i = 0; i < c.rows; ++i)
    for (std::int64_t k = 0; k < a.columns; ++k) {
      const T x = a.data[i * a_row + k * a.column_stride];
      for (std::int64_t j = 0; j < c.columns; ++j)
        c.data[i * c.row_stride + j] += x * b.data[k * b_row + j * b.column_stride];
    }
}
