/// Thinks that what is repeated along both axes begins at 0.
/// \caught the offset: expected 5, got 0
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out = x;
  std::swap(out.shape[dim0], out.shape[dim1]);
  std::swap(out.strides[dim0], out.strides[dim1]);
  if (out.strides[dim0] == 0 && out.strides[dim1] == 0 && dim0 != dim1) out.offset = 0;
  return out;
}
