/// Begins with the first element instead of `start`, which an axis of length 0 does not have.
/// \caught the sums of [2, 0, 3]: element [0, 0]: expected 0, got 77
template <class To, class From, class Fold>
void fold_axis(const From* x, std::int64_t outer, std::int64_t n, std::int64_t inner, To start,
               Fold fold, To* out) {
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t k = 0; k < n; ++k)
      for (std::int64_t i = 0; i < inner; ++i) {
        To& so_far = out[o * inner + i];
        const From element = x[(o * n + k) * inner + i];
        so_far = k == 0 ? static_cast<To>(element) : fold(so_far, element);
      }
}
