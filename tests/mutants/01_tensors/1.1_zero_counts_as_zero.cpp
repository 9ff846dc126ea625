/// Multiplies by a length of 0.
/// \caught the strides of [2, 0, 3]: expected [3, 3, 1], got [0, 3, 1]
Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::int64_t i = std::ssize(shape) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * shape[i + 1];
  return strides;
}
