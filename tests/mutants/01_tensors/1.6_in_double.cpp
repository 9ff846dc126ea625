/// Adds up in a double, which holds whole numbers only up to 2 to the 53rd.
/// \caught a b: element [0, 0]: expected 45035996273704965
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  for (std::int64_t i = 0; i < c.rows; ++i)
    for (std::int64_t j = 0; j < c.columns; ++j) {
      double total = static_cast<double>(c.data[i * c.row_stride + j]);
      for (std::int64_t k = 0; k < a.columns; ++k)
        total += static_cast<double>(a.data[i * a.row_stride + k * a.column_stride]) *
                 static_cast<double>(b.data[k * b.row_stride + j * b.column_stride]);
      c.data[i * c.row_stride + j] = static_cast<T>(total);
    }
}
