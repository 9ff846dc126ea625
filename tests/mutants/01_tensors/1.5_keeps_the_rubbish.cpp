/// Does not put `start` into `out`, and folds into what was there.
/// \caught where `out` was full of 1000s: element [0, 0]: expected 4, got 1004
template <class To, class From, class Fold>
void fold_axis(const From* x, std::int64_t outer, std::int64_t n, std::int64_t inner, To start,
               Fold fold, To* out) {
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t k = 0; k < n; ++k)
      for (std::int64_t i = 0; i < inner; ++i) {
        To& so_far = out[o * inner + i];
        so_far = fold(so_far, x[(o * n + k) * inner + i]);
      }
}
