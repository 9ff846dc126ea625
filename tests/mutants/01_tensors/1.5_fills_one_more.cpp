/// Puts start into one element more.
/// \caught of out and what lies around it | the sums: element | it crashed
template <class To, class From, class Fold>
void fold_axis(const From* x, std::int64_t outer, std::int64_t n, std::int64_t inner, To start,
               Fold fold, To* out) {
  std::fill_n(out, outer * inner + 1, start);
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t k = 0; k < n; ++k)
      for (std::int64_t i = 0; i < inner; ++i) {
        To& so_far = out[o * inner + i];
        so_far = fold(so_far, x[(o * n + k) * inner + i]);
      }
}
