/// Gives the result the strides of a new tensor of its shape, as if the elements had been moved.
/// \caught the strides: expected [1, 3], got [2, 1]
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out = x;
  std::swap(out.shape[dim0], out.shape[dim1]);
  out.strides = row_major_strides(out.shape);
  return out;
}
