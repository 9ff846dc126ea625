/// Reverses all axes, as T() does, whichever two were asked for.
/// \caught the shape: expected [2, 4, 3, 5], got [5, 4, 3, 2]
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out = x;
  for (std::size_t i = 0; i < out.shape.size() / 2; ++i) {
    std::swap(out.shape[i], out.shape[out.shape.size() - 1 - i]);
    std::swap(out.strides[i], out.strides[out.shape.size() - 1 - i]);
  }
  return out;
}
