#pragma once
#include "kindling/fused.h"
#include "kindling/tensor.h"

/// Softmax of rows in one kernel: chapter 2 has it composed of exp() and sums, chapter 4 its
/// logarithm.
namespace kindling {

/// x [rows, n] → out: softmax of each row, or its logarithm. All are row-major and floating-point.
inline constinit FusedOperation<void(const Tensor& x, const Tensor& out, bool log)> softmax_rows;

/// From the gradient of that result y, and y itself, that of x; all [rows, n].
inline constinit FusedOperation<void(const Tensor& grad, const Tensor& y, const Tensor& dx,
                                     bool log)>
    softmax_rows_backward;

/// softmax(x, dim), or its logarithm, with its gradient; an undefined Tensor where there is no
/// kernel for it. \param dim normalised
Tensor fused_softmax(const Tensor& x, std::int64_t dim, bool log);

}  // namespace kindling
