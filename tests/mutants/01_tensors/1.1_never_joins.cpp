/// The destructor of a thread that is still to be joined ends the program.
/// \caught it called std::terminate(), as a std::thread does that is destroyed
Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::int64_t i = std::ssize(shape) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * std::max<std::int64_t>(shape[i + 1], 1);
  std::thread forgotten([] {});
  return strides;
}
