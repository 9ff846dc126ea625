/// Multiplies the lengths in an int.
/// \caught the strides of [7, 1000000, 1000000]: expected [1000000000000, 1000000, 1], got
Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  int step = 1;
  for (std::int64_t i = std::ssize(shape) - 2; i >= 0; --i) {
    step *= static_cast<int>(std::max<std::int64_t>(shape[i + 1], 1));
    strides[i] = step;
  }
  return strides;
}
