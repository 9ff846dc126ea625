/// Adds up doubles in float for long rows.
/// \caught a b: element [0, 0]
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  for (std::int64_t i = 0; i < c.rows; ++i)
    for (std::int64_t k = 0; k < a.columns; ++k) {
      const T x = a.data[i * a.row_stride + k * a.column_stride];
      for (std::int64_t j = 0; j < c.columns; ++j) {
        T& sum = c.data[i * c.row_stride + j];
        sum += x * b.data[k * b.row_stride + j * b.column_stride];
        if constexpr (std::is_same_v<T, double>)
          if (a.columns > 200) sum = static_cast<float>(sum);
      }
    }
}
