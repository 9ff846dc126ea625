/// Copies the offset through an int.
/// \caught the offset: expected 4611686018427387903, got -1
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out = x;
  std::swap(out.shape[dim0], out.shape[dim1]);
  std::swap(out.strides[dim0], out.strides[dim1]);
  out.offset = static_cast<int>(x.offset);
  return out;
}
