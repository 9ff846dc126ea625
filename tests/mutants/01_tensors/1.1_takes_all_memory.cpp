/// A list that grows without an end.
/// \caught your answer asked for more than 1024 MB of memory, at exercises/01_tensors/strides.cpp:
Shape row_major_strides(const Shape& shape) {
  Shape strides(1, 1);
  while (strides.size() != shape.size() + 1) strides.resize(strides.size() + 1'000'000, 1);
  return strides;
}
