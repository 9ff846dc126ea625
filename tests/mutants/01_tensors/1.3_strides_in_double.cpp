/// Strides go through a double.
/// \caught the strides: expected [1, 4611686018427387903]
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out = x;
  std::swap(out.shape[dim0], out.shape[dim1]);
  std::swap(out.strides[dim0], out.strides[dim1]);
  for (auto& s : out.strides) s = static_cast<std::int64_t>(static_cast<double>(s));
  return out;
}
