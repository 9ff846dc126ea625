/// Multiplies integers in double.
/// \caught a b: element [0, 0]: expected 45035996273704965, got 45035996273704960
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  for (std::int64_t i = 0; i < c.rows; ++i)
    for (std::int64_t k = 0; k < a.columns; ++k) {
      const T x = a.data[i * a.row_stride + k * a.column_stride];
      for (std::int64_t j = 0; j < c.columns; ++j)
        c.data[i * c.row_stride + j] += static_cast<T>(static_cast<std::int64_t>(
                                            static_cast<double>(static_cast<std::int64_t>(x)))) *
                                        b.data[k * b.row_stride + j * b.column_stride];
    }
}
