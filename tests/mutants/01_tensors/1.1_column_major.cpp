/// Makes the first axis dense instead of the last: Fortran's order.
/// \caught the strides of [2, 3]: expected [3, 1], got [1, 2]
Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::int64_t i = 1; i < std::ssize(shape); ++i)
    strides[i] = strides[i - 1] * std::max<std::int64_t>(shape[i - 1], 1);
  return strides;
}
