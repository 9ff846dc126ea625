/// Keeps the two axes in a mask of 64 bits: axis 67 is axis 3.
/// \caught the length of axis 67 of 300, with axes 67 and 3 exchanged: expected 4, got
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out = x;
  const std::uint64_t mask = (std::uint64_t(1) << (dim0 & 63)) | (std::uint64_t(1) << (dim1 & 63));
  if ((mask & (mask - 1)) == 0) return out;
  std::swap(out.shape[dim0], out.shape[dim1]);
  std::swap(out.strides[dim0], out.strides[dim1]);
  return out;
}
