/// Does nothing where the lengths are equal.
/// \caught the place of element [1, 0, 0, 0] of the transpose: expected 2, got 28
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out = x;
  if (x.shape[dim0] == x.shape[dim1]) return out;
  std::swap(out.shape[dim0], out.shape[dim1]);
  std::swap(out.strides[dim0], out.strides[dim1]);
  return out;
}
