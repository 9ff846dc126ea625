/// Multiplies in int, which ends at two thousand million.
/// \caught the strides of [7, 1000000, 1000000]
Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  unsigned stride = 1;
  for (std::int64_t i = std::ssize(shape) - 2; i >= 0; --i) {
    stride *= static_cast<unsigned>(std::max<std::int64_t>(shape[i + 1], 1));
    strides[i] = stride;
  }
  return strides;
}
