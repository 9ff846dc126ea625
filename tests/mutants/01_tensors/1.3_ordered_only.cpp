/// Exchanges only if dim0 is below dim1.
/// \caught the shape: expected [2, 4, 3, 5], got [2, 3, 4, 5]
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out = x;
  if (dim0 > dim1) return out;
  std::swap(out.shape[dim0], out.shape[dim1]);
  std::swap(out.strides[dim0], out.strides[dim1]);
  return out;
}
