#pragma once
#include "kindling/fused.h"
#include "kindling/tensor.h"

/// What sorting is, for each device.
namespace kindling {

/// Of each row of x [rows, n], row-major, the first k <= n elements in ascending or descending
/// order, into values and indices [rows, k]. Equal elements keep their order; NaN is larger than
/// every number. (cpu/sort.cpp)
void sort_rows_on_cpu(const Tensor& x, bool descending, const Tensor& values,
                      const Tensor& indices);

/// The same on another device; where there is none, the rows go to the CPU and come back.
inline constinit FusedOperation<decltype(sort_rows_on_cpu)> sort_rows;

}  // namespace kindling
