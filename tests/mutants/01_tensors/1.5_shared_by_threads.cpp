/// Its row of results is static: threads share it.
/// \caught whether four threads fold | element [ | it crashed
template <class To, class From, class Fold>
void fold_axis(const From* x, std::int64_t outer, std::int64_t n, std::int64_t inner, To start,
               Fold fold, To* out) {
  static To* sums = nullptr;
  static std::int64_t room = 0;
  if (room < inner) {
    sums = new To[static_cast<std::size_t>(inner)];
    room = inner;
  }
  for (std::int64_t o = 0; o < outer; ++o) {
    std::fill_n(sums, inner, start);
    for (std::int64_t k = 0; k < n; ++k)
      for (std::int64_t i = 0; i < inner; ++i) sums[i] = fold(sums[i], x[(o * n + k) * inner + i]);
    std::copy_n(sums, inner, out + o * inner);
  }
}
