/// The first step has no value.
/// \caught as memory has it in which nobody has written: is there a variable without a value?
Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  std::int64_t step;
  for (std::int64_t i = std::ssize(shape) - 1; i >= 0; --i) {
    strides[i] = step;
    step *= std::max<std::int64_t>(shape[i], 1);
  }
  return strides;
}
