/// Folds all that came before once more for each element.
/// \caught_at_random the work grows faster than it should | still not done after
template <class To, class From, class Fold>
void fold_axis(const From* x, std::int64_t outer, std::int64_t n, std::int64_t inner, To start,
               Fold fold, To* out) {
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t i = 0; i < inner; ++i) {
      out[o * inner + i] = start;
      for (std::int64_t last = 0; last < n; ++last) {
        To so_far = start;
        for (std::int64_t k = 0; k <= last; ++k)
          so_far = fold(so_far, x[(o * n + k) * inner + i]);
        out[o * inner + i] = so_far;
      }
    }
}
