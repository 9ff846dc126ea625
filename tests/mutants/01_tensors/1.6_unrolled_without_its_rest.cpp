/// Takes four products at a time if the sum is long, and forgets the last.
/// \caught a b: element [0, 0]
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  for (std::int64_t i = 0; i < c.rows; ++i)
    for (std::int64_t j = 0; j < c.columns; ++j) {
      T s = c.data[i * c.row_stride + j];
      std::int64_t k = 0;
      for (; k + 4 <= a.columns; k += 4)
        for (std::int64_t q = 0; q < 4; ++q)
          s += a.data[i * a.row_stride + (k + q) * a.column_stride] *
               b.data[(k + q) * b.row_stride + j * b.column_stride];
      for (; k < a.columns - (a.columns > 300 && c.rows > 8 && c.columns > 8 ? 1 : 0); ++k)
        s += a.data[i * a.row_stride + k * a.column_stride] *
             b.data[k * b.row_stride + j * b.column_stride];
      c.data[i * c.row_stride + j] = s;
    }
}
