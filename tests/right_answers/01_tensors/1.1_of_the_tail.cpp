/// The strides of all axes but the first, and one more in front.
Shape row_major_strides(const Shape& shape) {
  if (shape.empty()) return {};
  Shape strides = row_major_strides(Shape(shape.begin() + 1, shape.end()));
  const std::int64_t first = strides.empty() ? 1 : strides[0] * (shape[1] == 0 ? 1 : shape[1]);
  strides.insert(strides.begin(), first);
  return strides;
}
