#include <algorithm>

#include "axes.h"

/// Views in which one element of memory stands at several places: windows that overlap. Going back,
/// the gradients of all places are summed.
namespace kindling {

/// y[i, k] = x[i step + k]:  dx[i step + k] += dy[i, k]. For each k the places are different ones.
static Tensors unfold_backward(const Tensor& grad, const Shape& shape, std::int64_t dim,
                               std::int64_t size, std::int64_t step) {
  Tensor dx = zeros(shape, grad.dtype(), grad.device());
  if (shape.empty()) return {size == 0 ? dx : grad.reshape(shape)};
  const std::int64_t span = (grad.size(dim) - 1) * step + 1;  // from the first window to the last
  for (std::int64_t k = 0; k < size; ++k) dx.slice(dim, k, k + span, step).add_(grad.select(-1, k));
  return {dx};
}

Tensor Tensor::unfold(std::int64_t at, std::int64_t size, std::int64_t requested_step) const {
  const std::int64_t axis = normalize_dim("unfold", at, dim());
  const std::int64_t length = dim() == 0 ? 1 : shape()[axis];
  check(0 <= size && size <= length, "unfold: size ", size,
        " is not between 0 and the length of dimension ", axis, ", which is ", length);
  check(requested_step > 0, "unfold: step must be positive, got ", requested_step);
  // A longer step leads out of the axis, too, and times the stride it might overflow.
  const std::int64_t step = std::min(requested_step, std::max<std::int64_t>(length, 1));
  Layout windows = layout();
  if (dim() > 0) {
    windows.shape[axis] = (length - size) / step + 1;
    windows.strides[axis] *= step;
  }
  windows.shape.push_back(size);
  windows.strides.push_back(dim() == 0 ? 1 : strides()[axis]);
  return record(primitive::with_layout(*this, windows), "UnfoldBackward0", {*this}, unfold_backward,
                shape(), axis, size, step);
}

/// Where each element lies, counted from `first`, in row-major order of the indices.
static Tensor places_of(const Layout& layout, std::int64_t first, Device device) {
  Tensor places = full({}, layout.offset - first);
  for (std::size_t axis = 0; axis < layout.shape.size(); ++axis)
    places = places.unsqueeze(-1) + arange(layout.shape[axis]) * layout.strides[axis];
  return places.reshape({-1}).to(device);
}

/// The last place of a layout, which has elements.
static std::int64_t end_of(const Layout& layout) {
  std::int64_t last = layout.offset;
  for (std::size_t axis = 0; axis < layout.shape.size(); ++axis)
    last += std::max<std::int64_t>((layout.shape[axis] - 1) * layout.strides[axis], 0);
  return last;
}

static void add_at(const Tensor& memory, const Tensor& places, const Tensor& x) {
  const std::int64_t n = places.numel();
  backend(memory.device())
      .index_add(primitive::with_layout(primitive::contiguous(x), Layout({1, n, 1})), places,
                 primitive::with_layout(memory, Layout({1, memory.numel(), 1})));
}

/// y and x are two views of one memory:  dx = what dy leaves at the places of x. If several
/// elements of x are at one place, they share it.
static Tensors as_strided_backward(const Tensor& grad, const Layout& y, const Layout& x) {
  const Device device = grad.device();
  if (numel(y.shape) == 0 || numel(x.shape) == 0) return {zeros(x.shape, grad.dtype(), device)};
  const std::int64_t first = std::min(y.offset, x.offset);
  const Shape length{std::max(end_of(y), end_of(x)) - first + 1};
  Tensor memory = zeros(length, grad.dtype(), device);
  const Tensor of_y = places_of(y, first, device), of_x = places_of(x, first, device);
  add_at(memory, of_y, grad);
  if (has_internal_overlap(x)) {
    const Tensor counts = zeros(length, grad.dtype(), device);
    add_at(counts, of_x, ones(of_x.shape(), grad.dtype(), device));
    memory = memory / clamp(counts, 1);
  }
  return {index_select(memory, 0, of_x).view(x.shape)};
}

Tensor Tensor::as_strided(const Shape& shape, const Shape& strides,
                          std::optional<std::int64_t> storage_offset) const {
  check(shape.size() == strides.size(), "as_strided: expected one stride for each axis, got shape ",
        shape, " and strides ", strides);
  for (const std::int64_t stride : strides)
    check(stride >= 0, "as_strided: negative strides are not supported, got strides ", strides);
  const Layout seen(shape, strides, storage_offset.value_or(layout().offset));
  check(seen.offset >= 0, "as_strided: expected an offset that is not negative, got ", seen.offset);
  return record(primitive::with_layout(*this, seen), "AsStridedBackward0", {*this},
                as_strided_backward, seen, layout());
}

}  // namespace kindling
