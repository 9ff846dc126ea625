/// Makes a new layout, which begins at 0.
/// \caught the offset: expected 5, got 0
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out(x.shape, x.strides, 0);
  std::swap(out.shape[dim0], out.shape[dim1]);
  std::swap(out.strides[dim0], out.strides[dim1]);
  return out;
}
