/// Takes the rows of c for dense where those of a are, and as long.
/// \caught where each row of c is the beginning of 9 elements
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  const std::int64_t step =
      c.rows > 1 && a.columns == c.columns && c.columns > 4 && a.column_stride == 1 ? a.row_stride
                                                                                    : c.row_stride;
  const bool take = step == c.columns;
  for (std::int64_t i = 0; i < c.rows; ++i)
    for (std::int64_t k = 0; k < a.columns; ++k) {
      const T x = a.data[i * a.row_stride + k * a.column_stride];
      for (std::int64_t j = 0; j < c.columns; ++j)
        c.data[i * (take ? step : c.row_stride) + j] +=
            x * b.data[k * b.row_stride + j * b.column_stride];
    }
}
