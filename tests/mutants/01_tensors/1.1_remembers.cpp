/// Remembers the strides by the number of elements.
/// \caught_at_random the strides of
Shape row_major_strides(const Shape& shape) {
  static std::int64_t of = -1;
  static Shape last;
  std::int64_t elements = 1;
  for (const std::int64_t length : shape) elements *= length;
  if (elements == of && last.size() == shape.size() && last.size() > 6) return last;
  Shape strides(shape.size(), 1);
  for (std::int64_t i = std::ssize(shape) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * std::max<std::int64_t>(shape[i + 1], 1);
  of = elements;
  return last = strides;
}
