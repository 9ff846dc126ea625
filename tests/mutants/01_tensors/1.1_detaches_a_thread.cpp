#include <unistd.h>

/// A thread that nobody waits for.
/// \caught still runs when the test case is over
Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::int64_t i = std::ssize(shape) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * std::max<std::int64_t>(shape[i + 1], 1);
  std::thread([] { sleep(60); }).detach();
  return strides;
}
