/// Multiplies by the length of the axis itself instead of the one to its right.
/// \caught the strides of [2, 3]: expected [3, 1], got [2, 1]
Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::int64_t i = std::ssize(shape) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * std::max<std::int64_t>(shape[i], 1);
  return strides;
}
