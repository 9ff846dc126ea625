/// Thinks that there is nothing to do where the two strides are equal.
/// \caught the shape: expected [3, 2], got [2, 3]
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out = x;
  if (x.strides[dim0] == x.strides[dim1]) return out;
  std::swap(out.shape[dim0], out.shape[dim1]);
  std::swap(out.strides[dim0], out.strides[dim1]);
  return out;
}
