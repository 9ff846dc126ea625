/// Exchanges the lengths and forgets the strides.
/// \caught the strides: expected [1, 3], got [3, 1]
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out = x;
  std::swap(out.shape[dim0], out.shape[dim1]);
  return out;
}
