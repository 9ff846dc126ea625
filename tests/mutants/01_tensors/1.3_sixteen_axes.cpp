/// Exchanges among sixteen axes only.
/// \caught the length of axis 298 of 300
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out = x;
  if (dim0 >= 16 || dim1 >= 16) return out;
  std::swap(out.shape[dim0], out.shape[dim1]);
  std::swap(out.strides[dim0], out.strides[dim1]);
  return out;
}
