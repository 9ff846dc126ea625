/// Keeps its result in a static, which threads share.
/// \caught_at_random whether four threads get what each gets alone | it crashed
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  static Layout out;
  out = x;
  std::swap(out.shape[dim0], out.shape[dim1]);
  std::swap(out.strides[dim0], out.strides[dim1]);
  return out;
}
