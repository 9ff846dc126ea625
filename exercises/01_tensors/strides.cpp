#include <algorithm>

#include "kindling/shape.h"

namespace kindling {

/// \exercise{1.1} The strides of a row-major tensor, one for each axis, counted in elements: the
/// last axis is dense, every other one steps over all the elements of those after it. An axis of
/// length 0 counts as one of length 1, as in PyTorch.
/// [2, 3, 4] → [12, 4, 1];  [5] → [1];  [] → [];  [2, 0, 3] → [3, 3, 1].
Shape row_major_strides(const Shape& shape) {
  throw NotImplemented("1.1");
}

}  // namespace kindling
