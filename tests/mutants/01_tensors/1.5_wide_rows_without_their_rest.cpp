/// Where a row is longer than 1,024, takes so many of its elements at a time, and leaves out the
/// rest.
/// \caught the sums: element [0, 69632]: expected
template <class To, class From, class Fold>
void fold_axis(const From* x, std::int64_t outer, std::int64_t n, std::int64_t inner, To start,
               Fold fold, To* out) {
  constexpr std::int64_t block = 1024;
  const std::int64_t folded = inner < block ? inner : inner / block * block;
  std::fill_n(out, outer * inner, start);
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t k = 0; k < n; ++k)
      for (std::int64_t i = 0; i < folded; ++i)
        out[o * inner + i] = fold(out[o * inner + i], x[(o * n + k) * inner + i]);
}
