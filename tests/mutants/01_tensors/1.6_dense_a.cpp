/// Takes a for dense: right until it is a transpose or a slice.
/// \caught tᵀ t: element [0, 0]: expected 17, got 9
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  for (std::int64_t i = 0; i < c.rows; ++i)
    for (std::int64_t k = 0; k < a.columns; ++k) {
      const T x = a.data[i * a.columns + k];
      for (std::int64_t j = 0; j < c.columns; ++j)
        c.data[i * c.row_stride + j] += x * b.data[k * b.row_stride + j * b.column_stride];
    }
}
