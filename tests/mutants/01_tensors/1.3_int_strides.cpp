/// Exchanges strides through an int.
/// \caught the strides: expected [1, 4611686018427387903]
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out = x;
  std::swap(out.shape[dim0], out.shape[dim1]);
  const int kept = static_cast<int>(out.strides[dim0]);
  out.strides[dim0] = out.strides[dim1];
  out.strides[dim1] = kept;
  return out;
}
