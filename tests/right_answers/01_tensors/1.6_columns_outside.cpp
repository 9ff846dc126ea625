/// Goes through the columns of b, and from the last k to the first.
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  for (std::int64_t j = 0; j < c.columns; ++j)
    for (std::int64_t k = a.columns; k-- > 0;) {
      const T y = b.data[k * b.row_stride + j * b.column_stride];
      for (std::int64_t i = 0; i < c.rows; ++i)
        c.data[i * c.row_stride + j * c.column_stride] +=
            a.data[i * a.row_stride + k * a.column_stride] * y;
    }
}
