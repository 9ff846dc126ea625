#include <algorithm>

#include "kindling/ops.h"
#include "kindling/primitives.h"

/// The same memory, seen otherwise. Going back, a gradient is seen otherwise the other way round.
namespace kindling {

using primitive::with_layout;

/// y = x in another shape:  dx = dy in the shape of x
static Tensors reshape_backward(const Tensor& grad, const Shape& shape) {
  return {grad.reshape(shape)};
}

Tensor Tensor::view(const Shape& requested) const {
  const Shape wanted = infer_shape(requested, numel());
  const auto seen = kindling::view(layout(), wanted);
  check(seen.has_value(), "view: shape ", wanted, " is not compatible with a tensor of shape ",
        shape(), " and strides ", strides(),
        ": its elements would not lie at regular distances. Use reshape(), which copies then");
  return record(with_layout(*this, *seen), "ViewBackward0", {*this}, reshape_backward, shape());
}

Tensor unsafe_view(const Tensor& x, const Shape& shape) {
  return record(with_layout(x, Layout(shape, row_major_strides(shape), x.storage_offset())),
                "UnsafeViewBackward0", {x}, reshape_backward, x.shape());
}

Tensor Tensor::reshape(const Shape& requested) const {
  const Shape wanted = infer_shape(requested, numel());
  return kindling::view(layout(), wanted) ? view(wanted) : unsafe_view(clone(), wanted);
}

Tensor Tensor::flatten(std::int64_t start_dim, std::int64_t end_dim) const {
  const std::int64_t first = normalize_dim("flatten", start_dim, dim());
  const std::int64_t last = normalize_dim("flatten", end_dim, dim());
  check(first <= last, "flatten: start_dim cannot come after end_dim, got ", start_dim, " and ",
        end_dim);
  if (dim() == 0) return reshape({1});
  if (first == last) return *this;
  Shape flat(shape().begin(), shape().begin() + first);
  flat.push_back(1);
  for (std::int64_t axis = first; axis <= last; ++axis) flat.back() *= shape()[axis];
  flat.insert(flat.end(), shape().begin() + last + 1, shape().end());
  return reshape(flat);
}

/// y = xᵀ:  dx = dyᵀ
static Tensors transpose_backward(const Tensor& grad, std::int64_t first, std::int64_t second) {
  return {grad.transpose(first, second)};
}

Tensor Tensor::transpose(std::int64_t dim0, std::int64_t dim1) const {
  const std::int64_t first = normalize_dim("transpose", dim0, dim());
  const std::int64_t second = normalize_dim("transpose", dim1, dim());
  return record(
      with_layout(*this, dim() == 0 ? layout() : kindling::transpose(layout(), first, second)),
      "TransposeBackward0", {*this}, transpose_backward, first, second);
}

/// y = x with its axes in another order:  dx = dy with them in the old one
static Tensors permute_backward(const Tensor& grad, const Shape& inverse) {
  return {grad.permute(inverse)};
}

Tensor Tensor::permute(const Shape& dims) const {
  check(std::ssize(dims) == dim(),
        "permute: number of dimensions in the tensor input does not match the length of the "
        "desired ordering: ",
        shape(), " has ", dim(), ", got ", dims);
  Shape order, inverse(dims.size());
  std::vector<bool> seen(dims.size());
  for (std::int64_t d : dims) {
    const std::int64_t axis = normalize_dim("permute", d, dim());
    check(!seen[axis], "permute: duplicate dims are not allowed, got ", dims);
    seen[axis] = true;
    inverse[axis] = std::ssize(order);
    order.push_back(axis);
  }
  return record(with_layout(*this, kindling::permute(layout(), order)), "PermuteBackward0", {*this},
                permute_backward, inverse);
}

Tensor Tensor::T() const {
  Shape reversed(dim());
  for (std::int64_t axis = 0; axis < dim(); ++axis) reversed[axis] = dim() - 1 - axis;
  return permute(reversed);
}

Tensor Tensor::squeeze() const {
  Shape kept;
  Layout squeezed = layout();
  for (std::int64_t axis = dim() - 1; axis >= 0; --axis)
    if (shape()[axis] == 1) squeezed = kindling::squeeze(squeezed, axis);
  return record(with_layout(*this, squeezed), "SqueezeBackward0", {*this}, reshape_backward,
                shape());
}

Tensor Tensor::squeeze(std::int64_t at) const {
  const std::int64_t axis = normalize_dim("squeeze", at, dim());
  const bool drops = dim() > 0 && shape()[axis] == 1;
  return record(with_layout(*this, drops ? kindling::squeeze(layout(), axis) : layout()),
                "SqueezeBackward1", {*this}, reshape_backward, shape());
}

/// y = x with another axis, of length 1:  dx = dy without it
static Tensors unsqueeze_backward(const Tensor& grad, std::int64_t axis) {
  return {grad.squeeze(axis)};
}

Tensor Tensor::unsqueeze(std::int64_t at) const {
  const std::int64_t axis = normalize_dim("unsqueeze", at, dim() + 1);
  return record(with_layout(*this, kindling::unsqueeze(layout(), axis)), "UnsqueezeBackward0",
                {*this}, unsqueeze_backward, axis);
}

/// y = x:  dx = dy
static Tensors pass_on(const Tensor& grad) { return {grad}; }

/// Whatever was repeated is summed up again, which the walk does for every gradient (sum_to).
Tensor Tensor::expand(const Shape& requested) const {
  const std::int64_t added = std::ssize(requested) - dim();
  check(added >= 0, "expand: the number of sizes provided (", requested.size(),
        ") must be greater or equal to the number of dimensions in the tensor (", dim(), ")");
  Shape wanted = requested;
  for (std::int64_t axis = 0; axis < std::ssize(wanted); ++axis) {
    std::int64_t& length = wanted[axis];
    check(length >= 0 || (length == -1 && axis >= added), "expand: invalid length ", length,
          " at dimension ", axis, " of ", requested);
    if (axis < added) continue;
    const std::int64_t here = shape()[axis - added];
    if (length == -1) length = here;
    check(here == length || here == 1, "expand: the expanded size of the tensor (", length,
          ") must match the existing size (", here, ") at non-singleton dimension ", axis,
          ". Target sizes: ", requested, ". Tensor sizes: ", shape());
  }
  return record(with_layout(*this, kindling::expand(layout(), wanted)), "ExpandBackward0", {*this},
                pass_on);
}

/// y = x[position], along an axis:  dx[position] = dy, and 0 elsewhere
static Tensors select_backward(const Tensor& grad, std::int64_t axis, std::int64_t position,
                               const Shape& shape) {
  Tensor whole = zeros(shape, grad.dtype(), grad.device());
  whole.select(axis, position).copy_(grad);
  return {whole};
}

Tensor Tensor::select(std::int64_t at, std::int64_t index) const {
  check(dim() > 0, "select: a 0-d tensor has no axis to index; use item() to read its number");
  const std::int64_t axis = normalize_dim("select", at, dim());
  const std::int64_t length = shape()[axis];
  check(-length <= index && index < length, "select: index ", index,
        " is out of bounds for dimension ", axis, " with size ", length);
  const std::int64_t position = index < 0 ? index + length : index;
  return record(with_layout(*this, kindling::select(layout(), axis, position)), "SelectBackward0",
                {*this}, select_backward, axis, position, shape());
}

Tensor Tensor::narrow(std::int64_t at, std::int64_t start, std::int64_t length) const {
  check(dim() > 0, "narrow: a 0-d tensor has no axis to cut");
  const std::int64_t axis = normalize_dim("narrow", at, dim());
  const std::int64_t size = shape()[axis];
  check(length >= 0 && -size <= start && start <= size, "narrow: start (", start, ") and length (",
        length, ") do not fit dimension ", axis, " of size ", size);
  const std::int64_t first = start < 0 ? start + size : start;
  check(length <= size - first, "narrow: start (", start, ") + length (", length,
        ") exceeds dimension size (", size, ")");
  return slice(axis, first, first + length);
}

/// y = x[first], x[first + step], …, along an axis:  dx = dy there, and 0 elsewhere
static Tensors slice_backward(const Tensor& grad, std::int64_t axis, std::int64_t first,
                              std::int64_t span, std::int64_t step, const Shape& shape) {
  Tensor whole = zeros(shape, grad.dtype(), grad.device());
  whole.slice(axis, first, first + span, step).copy_(grad);
  return {whole};
}

Tensor Tensor::slice(std::int64_t at, std::int64_t start, std::int64_t end,
                     std::int64_t requested_step) const {
  check(dim() > 0, "slice: a 0-d tensor has no axis to cut");
  check(requested_step > 0, "slice: step must be positive, got ", requested_step);
  const std::int64_t axis = normalize_dim("slice", at, dim());
  const std::int64_t size = shape()[axis];
  // A longer step leads out of the axis, too, and times the stride it might overflow.
  const std::int64_t step = std::min(requested_step, std::max<std::int64_t>(size, 1));
  const auto bound = [size](std::int64_t i) {
    return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size);
  };
  const std::int64_t first = bound(start);
  const std::int64_t span = std::max<std::int64_t>(bound(end) - first, 0);
  const std::int64_t length = span / step + (span % step != 0);
  return record(with_layout(*this, kindling::slice(layout(), axis, first, length, step)),
                "SliceBackward0", {*this}, slice_backward, axis, first, span, step, shape());
}

// Copies ------------------------------------------------------------------------------------------

/// y = x as another dtype, or on another device:  dx = dy as x was
template <class From>  // a DType or a Device
static Tensors to_backward(const Tensor& grad, From from) {
  return {grad.to(from)};
}

Tensor Tensor::to(DType wanted) const {
  if (wanted == dtype()) return *this;
  return record(primitive::cast(*this, wanted), "ToCopyBackward0", {*this}, to_backward<DType>,
                dtype());
}

Tensor Tensor::to(Device wanted, bool non_blocking) const {
  if (wanted == device()) return *this;
  Tensor out(shape(), dtype(), wanted);
  Backend& carrier = backend(wanted.type == Device::Type::cpu ? device() : wanted);
  if (non_blocking)
    carrier.copy_non_blocking(*this, out);
  else
    carrier.copy(*this, out);
  return record(out, "ToCopyBackward0", {*this}, to_backward<Device>, device());
}

Tensor Tensor::clone() const {
  return record(primitive::copy(*this), "CloneBackward0", {*this}, pass_on);
}

Tensor Tensor::contiguous() const { return is_contiguous() ? *this : clone(); }

}  // namespace kindling
