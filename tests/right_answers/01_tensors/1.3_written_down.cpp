/// Copies four numbers over.
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Shape shape = x.shape, strides = x.strides;
  shape[dim0] = x.shape[dim1];
  shape[dim1] = x.shape[dim0];
  strides[dim0] = x.strides[dim1];
  strides[dim1] = x.strides[dim0];
  return {shape, strides, x.offset};
}
