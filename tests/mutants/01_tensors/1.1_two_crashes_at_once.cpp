/// The second crash does not keep the first from being told.
/// \caught it crashed: SIGSEGV - a pointer or an index to where nothing is, at exercises/01_tensors/strides.cpp:
Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::int64_t i = std::ssize(shape) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * std::max<std::int64_t>(shape[i + 1], 1);
  const auto crash = [] { *static_cast<volatile int*>(nullptr) = 1; };
  std::thread first(crash), second(crash);
  first.join();
  second.join();
  return strides;
}
