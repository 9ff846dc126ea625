#include "axes.h"

namespace kindling {

/// y = Π x:  dx = dy times the product of all others. That is y / x if none is 0. If exactly one
/// is, the product of the others is its gradient, and all others have none; nor has anybody if more
/// are.
static Tensors prod_backward(const Tensor& grad, const Saved& x, const Shape& axes, bool keepdim) {
  const Tensor is_zero = *x == 0;
  const Tensor zeros = sum(is_zero, axes, true);
  const Tensor others =
      primitive::reduce(Reduction::prod, where(is_zero, 1, *x), axes);  // of those that are not 0
  return {restore_unless(keepdim, grad, axes) *
          where(is_zero, where(zeros == 1, others, 0), where(zeros == 0, others / *x, 0))};
}

Tensor prod(const Tensor& x, const Dims& dims, bool keepdim) {
  const Shape axes = axes_of("prod", x, dims);
  const Tensor numbers = x.dtype() == bool_ ? x.to(int64) : x;
  return record(drop(primitive::reduce(Reduction::prod, numbers, axes), axes, keepdim),
                dims.empty() ? "ProdBackward0" : "ProdBackward1", {x}, prod_backward, x, axes,
                keepdim);
}

}  // namespace kindling
