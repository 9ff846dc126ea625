/// Keeps the distance of the rows of c in an int.
/// \caught with the rows of c so far apart
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  const int row_stride = static_cast<int>(c.row_stride);
  for (std::int64_t i = 0; i < c.rows; ++i)
    for (std::int64_t k = 0; k < a.columns; ++k) {
      const T x = a.data[i * a.row_stride + k * a.column_stride];
      for (std::int64_t j = 0; j < c.columns; ++j)
        c.data[i * row_stride + j] += x * b.data[k * b.row_stride + j * b.column_stride];
    }
}
