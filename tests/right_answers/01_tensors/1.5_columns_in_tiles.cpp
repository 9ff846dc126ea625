/// Works in tiles of 16 columns, and on what is left.
template <class To, class From, class Fold>
void fold_axis(const From* x, std::int64_t outer, std::int64_t n, std::int64_t inner, To start,
               Fold fold, To* out) {
  constexpr std::int64_t tile = 16;
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t first = 0; first < inner; first += tile) {
      const std::int64_t columns = std::min(tile, inner - first);
      To so_far[tile];
      std::fill_n(so_far, columns, start);
      for (std::int64_t k = 0; k < n; ++k)
        for (std::int64_t i = 0; i < columns; ++i)
          so_far[i] = fold(so_far[i], x[(o * n + k) * inner + first + i]);
      std::copy_n(so_far, columns, out + o * inner + first);
    }
}
