/// Takes the length to the right and forgets all those further to the right.
/// \caught the strides of [2, 3, 4]: expected [12, 4, 1], got [3, 4, 1]
Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::int64_t i = std::ssize(shape) - 2; i >= 0; --i)
    strides[i] = std::max<std::int64_t>(shape[i + 1], 1);
  return strides;
}
