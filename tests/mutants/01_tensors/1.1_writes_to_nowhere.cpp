/// Writes through a pointer to nothing.
/// \caught SIGSEGV - a pointer or an index to where nothing is, at exercises/01_tensors/strides.cpp:
Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  std::int64_t* volatile last = nullptr;
  *last = 1;
  return strides;
}
