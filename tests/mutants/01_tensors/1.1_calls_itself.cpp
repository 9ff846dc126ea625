/// Recursion without an end.
/// \caught it crashed: endless recursion has used up the stack, at exercises/01_tensors/strides.cpp:
Shape row_major_strides(const Shape& shape) {
  Shape strides = row_major_strides(shape);
  strides.push_back(1);
  return strides;
}
