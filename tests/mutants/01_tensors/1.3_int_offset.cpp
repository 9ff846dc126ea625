/// Copies the offset through an int.
/// \caught_at_random the transpose
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out = x;
  std::swap(out.shape[dim0], out.shape[dim1]);
  std::swap(out.strides[dim0], out.strides[dim1]);
  out.offset = static_cast<int>(x.offset);
  return out;
}
