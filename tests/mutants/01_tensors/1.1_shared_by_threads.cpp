/// Keeps its result in a static, which threads share.
/// \caught_at_random whether four threads get the strides | it crashed
Shape row_major_strides(const Shape& shape) {
  static Shape strides;
  strides = Shape(shape.size(), 1);
  for (std::int64_t i = std::ssize(shape) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * std::max<std::int64_t>(shape[i + 1], 1);
  return strides;
}
