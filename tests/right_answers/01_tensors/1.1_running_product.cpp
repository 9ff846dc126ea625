/// A running product from the right, written into place.
Shape row_major_strides(const Shape& shape) {
  Shape strides = shape;
  std::int64_t passed = 1;
  for (auto at = strides.rbegin(); at != strides.rend(); ++at) {
    const std::int64_t length = *at;
    *at = passed;
    if (length > 1) passed *= length;
  }
  return strides;
}
