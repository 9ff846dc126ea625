/// Walks x once, from front to back.
template <class To, class From, class Fold>
void fold_axis(const From* x, std::int64_t outer, std::int64_t n, std::int64_t inner, To start,
               Fold fold, To* out) {
  for (; outer > 0; --outer, out += inner) {
    std::fill(out, out + inner, start);
    for (std::int64_t k = 0; k < n; ++k, x += inner) std::transform(out, out + inner, x, out, fold);
  }
}
