/// Exchanges two numbers without keeping the first one aside.
/// \caught the shape: expected [3, 2], got [3, 3]
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out = x;
  out.shape[dim0] = out.shape[dim1];
  out.shape[dim1] = out.shape[dim0];
  out.strides[dim0] = out.strides[dim1];
  out.strides[dim1] = out.strides[dim0];
  return out;
}
