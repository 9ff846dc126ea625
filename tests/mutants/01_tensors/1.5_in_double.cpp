/// Folds in a double, which holds whole numbers only up to 2 to the 53rd: not the largest int64,
/// with which the smallest begins.
/// \caught the smallest: element [0, 0]: expected 3, got
template <class To, class From, class Fold>
void fold_axis(const From* x, std::int64_t outer, std::int64_t n, std::int64_t inner, To start,
               Fold fold, To* out) {
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t i = 0; i < inner; ++i) {
      double so_far = static_cast<double>(start);
      for (std::int64_t k = 0; k < n; ++k)
        so_far = static_cast<double>(fold(static_cast<To>(so_far), x[(o * n + k) * inner + i]));
      out[o * inner + i] = static_cast<To>(so_far);
    }
}
