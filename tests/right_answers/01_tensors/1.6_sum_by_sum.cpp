/// Finishes one sum before the next.
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  for (std::int64_t i = 0; i < c.rows; ++i)
    for (std::int64_t j = 0; j < c.columns; ++j) {
      T total = 0;
      for (std::int64_t k = 0; k < a.columns; ++k)
        total += a.data[i * a.row_stride + k * a.column_stride] *
                 b.data[k * b.row_stride + j * b.column_stride];
      c.data[i * c.row_stride + j] += total;
    }
}
