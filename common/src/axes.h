#pragma once
#include <algorithm>

#include "kindling/ops.h"
#include "kindling/primitives.h"

/// What operations that fold axes have in common.
namespace kindling {

/// The axes to fold, sorted and counted from the front; all of them if none was named.
inline Shape axes_of(const char* operation, const Tensor& x, const Dims& dims) {
  Shape axes;
  if (dims.empty())
    for (std::int64_t axis = 0; axis < x.dim(); ++axis) axes.push_back(axis);
  for (std::int64_t dim : dims) {
    const std::int64_t axis = normalize_dim(operation, dim, x.dim());
    if (x.dim() == 0) continue;
    check(std::ranges::find(axes, axis) == axes.end(), operation, ": dim ", axis,
          " appears multiple times in the list of dims");
    axes.push_back(axis);
  }
  std::ranges::sort(axes);
  return axes;
}

/// The shape of the result once the folded axes, kept at length 1 so far, are dropped.
inline Shape without(const Shape& shape, const Shape& axes) {
  Shape out;
  for (std::int64_t axis = 0; axis < std::ssize(shape); ++axis)
    if (std::ranges::find(axes, axis) == axes.end()) out.push_back(shape[axis]);
  return out;
}

/// The result without its folded axes, unless they are to be kept.
inline Tensor drop(const Tensor& kept, const Shape& axes, bool keepdim) {
  return keepdim ? kept : primitive::with_layout(kept, Layout(without(kept.shape(), axes)));
}

/// A gradient of the result, with the folded axes back at length 1.
inline Tensor restore(const Tensor& grad, const Shape& axes) {
  Shape shape = grad.shape();
  for (std::int64_t axis : axes) shape.insert(shape.begin() + axis, 1);
  return grad.reshape(shape);
}

inline Tensor restore_unless(bool keepdim, const Tensor& grad, const Shape& axes) {
  return keepdim ? grad : restore(grad, axes);
}

/// x as [rows, n], row-major, where its last axes have n elements together.
inline Tensor rows_of(const Tensor& x, std::int64_t n) {
  const Tensor dense = primitive::contiguous(x);
  const std::int64_t rows = n == 0 ? 0 : x.numel() / n;
  return primitive::with_layout(dense, Layout({rows, n}, {n, 1}, dense.storage_offset()));
}

/// How many elements are folded into each result.
inline std::int64_t folded_count(const Tensor& x, const Shape& axes) {
  std::int64_t n = 1;
  for (std::int64_t axis : axes) n *= x.size(axis);
  return n;
}

inline void check_floating(const char* operation, const Tensor& x) {
  check(x.is_floating_point(), operation,
        ": could not infer output dtype. Input dtype must be a floating point type. Got: ",
        x.dtype());
}

/// x as the backend wants it: [outer, length of dim, inner], row-major.
inline Tensor fold_around(const Tensor& x, std::int64_t dim) {
  const Tensor dense = primitive::contiguous(x);
  const Shape folded = primitive::around(x.shape(), dim);
  return primitive::with_layout(dense,
                                Layout(folded, row_major_strides(folded), dense.storage_offset()));
}

}  // namespace kindling
