/// Exchanges the last two axes, as a transpose of matrices does, whichever two were asked for.
/// \caught the shape: expected [4, 3, 2], got [2, 4, 3]
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out = x;
  if (dim0 == dim1) return out;
  const std::size_t last = x.shape.size() - 1;
  std::swap(out.shape[last - 1], out.shape[last]);
  std::swap(out.strides[last - 1], out.strides[last]);
  return out;
}
