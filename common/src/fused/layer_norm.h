#pragma once
#include "kindling/fused.h"
#include "kindling/tensor.h"

/// Layer normalisation of rows in one kernel. All tensors are row-major and floating-point, of one
/// dtype; there is at least one element.
namespace kindling {

/// x [rows, n] → out = (x − mean) rstd weight + bias, with rstd = 1 / √(variance + eps); weight and
/// bias [n], mean and rstd [rows].
inline constinit FusedOperation<void(const Tensor& x, const Tensor& weight, const Tensor& bias,
                                     double eps, const Tensor& out, const Tensor& mean,
                                     const Tensor& rstd)>
    layer_norm_rows;

/// From the gradient of out, those of x, weight and bias.
inline constinit FusedOperation<void(const Tensor& grad, const Tensor& x, const Tensor& weight,
                                     const Tensor& mean, const Tensor& rstd, const Tensor& dx,
                                     const Tensor& dweight, const Tensor& dbias)>
    layer_norm_rows_backward;

}  // namespace kindling
