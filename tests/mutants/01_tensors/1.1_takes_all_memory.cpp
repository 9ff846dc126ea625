/// A list that grows without an end.
/// \caught your answer asked for more than 1024 MB of memory, at exercises/01_tensors/strides.cpp:
Shape row_major_strides(const Shape& shape) {
  std::vector<std::string> lines;
  while (lines.size() != shape.size() + 1'000'000) lines.emplace_back(std::size_t{1} << 24, '.');
  return shape;
}
