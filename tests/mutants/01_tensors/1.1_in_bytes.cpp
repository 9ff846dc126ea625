/// Counts in bytes, as NumPy does, instead of elements.
/// \caught the strides of [5]: expected [1], got [4]
Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 4);
  for (std::int64_t i = std::ssize(shape) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * std::max<std::int64_t>(shape[i + 1], 1);
  return strides;
}
