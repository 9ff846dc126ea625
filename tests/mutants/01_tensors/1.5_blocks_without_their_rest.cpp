/// Folds blocks of 1,000 elements, and leaves out what remains behind the last one.
/// \caught_at_random of out and what lies around it
template <class To, class From, class Fold>
void fold_axis(const From* x, std::int64_t outer, std::int64_t n, std::int64_t inner, To start,
               Fold fold, To* out) {
  constexpr std::int64_t block = 1000;
  const std::int64_t folded = n < block ? n : n / block * block;
  std::fill_n(out, outer * inner, start);
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t k = 0; k < folded; ++k)
      for (std::int64_t i = 0; i < inner; ++i)
        out[o * inner + i] = fold(out[o * inner + i], x[(o * n + k) * inner + i]);
}
