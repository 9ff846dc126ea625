/// Takes the number of an axis for an unsigned char.
/// \caught the length of axis 298 of 300, with axes 298 and 3 exchanged: expected 4, got
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out = x;
  const auto a = static_cast<unsigned char>(dim0), b = static_cast<unsigned char>(dim1);
  std::swap(out.shape[a], out.shape[b]);
  std::swap(out.strides[a], out.strides[b]);
  return out;
}
