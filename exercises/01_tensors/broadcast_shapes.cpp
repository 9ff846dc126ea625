#include <algorithm>

#include "kindling/shape.h"

namespace kindling {

/// \exercise{1.2} The shape of an element-by-element operation on two shapes. Align them at the
/// right, as if the shorter one had axes of length 1 on its left. Where the two lengths differ, one
/// must be 1: it is repeated, and the other one is the result's.
/// [4, 1, 3] with [2, 3] → [4, 2, 3];  [] with [2, 3] → [2, 3];  [1] with [0] → [0].
/// \throws Error if two lengths differ and neither is 1; of several such pairs, it names the
/// rightmost: "The size of tensor a (3) must match the size of tensor b (4) at non-singleton
/// dimension 1: cannot broadcast [2, 3] with [2, 4]", where the dimension is an axis of the result.
Shape broadcast_shapes(const Shape& a, const Shape& b) {
  throw NotImplemented("1.2");
}

}  // namespace kindling
