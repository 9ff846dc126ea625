/// Has room for 256 axes.
/// \caught the strides of [5, 1, 1
Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::int64_t i = std::min<std::int64_t>(std::ssize(shape), 256) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * std::max<std::int64_t>(shape[i + 1], 1);
  return strides;
}
