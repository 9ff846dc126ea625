#include <utility>

#include "kindling/shape.h"

namespace kindling {

/// \exercise{1.3} The layout of `x` with two axes exchanged: the elements stay where they are, only
/// the way they are counted changes. `dim0` and `dim1` are in [0, rank) and may be equal.
/// Shape [2, 3], strides [3, 1], offset 5, axes 0 and 1 → shape [3, 2], strides [1, 3], offset 5.
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  throw NotImplemented("1.3");
}

}  // namespace kindling
