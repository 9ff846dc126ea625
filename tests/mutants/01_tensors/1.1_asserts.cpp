/// An assert() of the learner's own, which is not true of a scalar.
/// \caught assert(!shape.empty()) failed, at exercises/01_tensors/strides.cpp:
#include <cassert>

Shape row_major_strides(const Shape& shape) {
  assert(!shape.empty());
  Shape strides(shape.size(), 1);
  for (std::size_t i = shape.size() - 1; i-- > 0;)
    strides[i] = strides[i + 1] * std::max<std::int64_t>(shape[i + 1], 1);
  return strides;
}
