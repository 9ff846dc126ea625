#pragma once
#include "kindling/tensor.h"

namespace kindling {

/// to[i] = from[i], for tensors of the same shape, dtype and device that do not overlap. On the CPU
/// it takes no memory, and so cannot fail: for what must not be left half done.
void overwrite(const Tensor& to, const Tensor& from);

}  // namespace kindling
