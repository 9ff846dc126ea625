#include "kindling/ops.h"

namespace kindling {

/// \exercise{2.2} Undoes a broadcast from `shape` to the shape of x: sums over the axes that it
/// added on the left, and over those that it stretched from length 1. The result has the shape
/// `shape`; it is x itself if nothing was broadcast. That `shape` can be broadcast to the shape of
/// x is the caller's duty.
/// Ones [4, 2, 3] to [2, 1] → [[12], [12]];  ones [2, 3] to [] → 6;  [0, 3] to [3] → [0, 0, 0].
Tensor sum_to(const Tensor& x, const Shape& shape) {
  throw NotImplemented("2.2");
}

}  // namespace kindling
