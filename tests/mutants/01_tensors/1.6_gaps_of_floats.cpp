/// Takes the rows of c for dense if it holds floating-point numbers.
/// \caught_at_random and what lies around it after c += a b
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  for (std::int64_t i = 0; i < c.rows; ++i)
    for (std::int64_t k = 0; k < a.columns; ++k) {
      const T x = a.data[i * a.row_stride + k * a.column_stride];
      for (std::int64_t j = 0; j < c.columns; ++j)
        c.data[i * (std::is_floating_point_v<T> ? c.columns : c.row_stride) + j] +=
            x * b.data[k * b.row_stride + j * b.column_stride];
    }
}
