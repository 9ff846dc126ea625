/// Has room for 100,000 columns.
/// \caught the sums: element [0, 100000]
template <class To, class From, class Fold>
void fold_axis(const From* x, std::int64_t outer, std::int64_t n, std::int64_t inner, To start,
               Fold fold, To* out) {
  std::fill_n(out, outer * inner, start);
  const std::int64_t columns = std::min<std::int64_t>(inner, 100'000);
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t k = 0; k < n; ++k)
      for (std::int64_t i = 0; i < columns; ++i) {
        To& so_far = out[o * inner + i];
        so_far = fold(so_far, x[(o * n + k) * inner + i]);
      }
}
