static std::int64_t without_end(std::int64_t n) { return n < 0 ? n : without_end(n + 1) + 1; }

/// Recursion without an end, on a stack of its own.
/// \caught it crashed: endless recursion has used up the stack, at exercises/01_tensors/strides.cpp:
Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::int64_t i = std::ssize(shape) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * std::max<std::int64_t>(shape[i + 1], 1);
  std::thread([&] { strides.push_back(without_end(0)); }).join();
  return strides;
}
