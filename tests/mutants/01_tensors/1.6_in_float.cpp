/// Multiplies doubles in float.
/// \caught_at_random of c and what lies around it
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  for (std::int64_t i = 0; i < c.rows; ++i)
    for (std::int64_t k = 0; k < a.columns; ++k) {
      T x = a.data[i * a.row_stride + k * a.column_stride];
      if constexpr (std::is_same_v<T, double>) x = static_cast<float>(x);
      for (std::int64_t j = 0; j < c.columns; ++j)
        c.data[i * c.row_stride + j] += x * b.data[k * b.row_stride + j * b.column_stride];
    }
}
