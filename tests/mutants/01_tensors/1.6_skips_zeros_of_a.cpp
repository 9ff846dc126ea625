/// Leaves out products with a 0 in a, though 0 times NaN is NaN.
/// \caught x y: element [0, 0]: expected nan, got 1
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  for (std::int64_t i = 0; i < c.rows; ++i)
    for (std::int64_t k = 0; k < a.columns; ++k) {
      const T x = a.data[i * a.row_stride + k * a.column_stride];
      if (x != T(0))
        for (std::int64_t j = 0; j < c.columns; ++j)
          c.data[i * c.row_stride + j] += x * b.data[k * b.row_stride + j * b.column_stride];
    }
}
