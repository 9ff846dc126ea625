/// Prints in a loop that never ends.
/// \caught your answer printed more than 16 MB, as a loop does that never ends, at exercises/01_tensors/strides.cpp:
Shape row_major_strides(const Shape& shape) {
  const std::string line(100'000, '.');
  while (!line.empty()) std::fprintf(stderr, "%s\n", line.c_str());
  return shape;
}
