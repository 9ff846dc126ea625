/// Works in tiles of 32 along k and along the columns, with their rests.
template <class T>
void multiply_accumulate(const Matrix<T>& a, const Matrix<T>& b, const Matrix<T>& c) {
  constexpr std::int64_t tile = 32;
  for (std::int64_t first_k = 0; first_k < a.columns; first_k += tile)
    for (std::int64_t first = 0; first < c.columns; first += tile)
      for (std::int64_t i = 0; i < c.rows; ++i)
        for (std::int64_t k = first_k; k < std::min(first_k + tile, a.columns); ++k)
          for (std::int64_t j = first; j < std::min(first + tile, c.columns); ++j)
            c.data[i * c.row_stride + j] += a.data[i * a.row_stride + k * a.column_stride] *
                                            b.data[k * b.row_stride + j * b.column_stride];
}
