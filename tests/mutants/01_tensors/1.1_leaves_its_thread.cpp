#include <pthread.h>

/// As a thread's function may end, but no other.
/// \caught its thread, by pthread_exit(), instead of returning, at exercises/01_tensors/strides.cpp:
Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::int64_t i = std::ssize(shape) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * std::max<std::int64_t>(shape[i + 1], 1);
  pthread_exit(nullptr);
  return strides;
}
