/// Folds in the type of the elements, not in that of the result: sums of float32 lose digits.
/// \caught_at_random sum(x, 1), x of shape | element [
template <class To, class From, class Fold>
void fold_axis(const From* x, std::int64_t outer, std::int64_t n, std::int64_t inner, To start,
               Fold fold, To* out) {
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t i = 0; i < inner; ++i) {
      From so_far = static_cast<From>(start);
      for (std::int64_t k = 0; k < n; ++k)
        so_far = static_cast<From>(fold(so_far, x[(o * n + k) * inner + i]));
      out[o * inner + i] = static_cast<To>(so_far);
    }
}
