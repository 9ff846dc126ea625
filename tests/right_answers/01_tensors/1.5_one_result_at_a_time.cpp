/// Finishes one result before the next.
template <class To, class From, class Fold>
void fold_axis(const From* x, std::int64_t outer, std::int64_t n, std::int64_t inner, To start,
               Fold fold, To* out) {
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t i = 0; i < inner; ++i) {
      To so_far = start;
      for (std::int64_t k = 0; k < n; ++k) so_far = fold(so_far, x[(o * n + k) * inner + i]);
      out[o * inner + i] = so_far;
    }
}
