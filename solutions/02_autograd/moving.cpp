#include <algorithm>

#include "axes.h"

/// The same elements at other places, and new ones around them.
namespace kindling {

// In the other direction --------------------------------------------------------------------------

/// y[i] = x[n − 1 − i]:  dx = dy, the other way round
static Tensors flip_backward(const Tensor& grad, const Shape& dims) { return {flip(grad, dims)}; }

Tensor flip(const Tensor& x, const Shape& dims) {
  Layout backwards = x.layout();
  Shape seen;
  for (const std::int64_t dim : dims) {
    const std::int64_t axis = normalize_dim("flip", dim, x.dim());
    check(std::ranges::find(seen, axis) == seen.end(), "flip: dim ", axis,
          " appears multiple times in the list of dims");
    seen.push_back(axis);
    if (x.dim() == 0 || x.size(axis) == 0) continue;
    backwards.offset += (x.size(axis) - 1) * backwards.strides[axis];
    backwards.strides[axis] *= -1;
  }
  return record(primitive::copy(primitive::with_layout(x, backwards)), "FlipBackward0", {x},
                flip_backward, dims);
}

// In a circle -------------------------------------------------------------------------------------

/// y[i + shift mod n] = x[i]:  dx = dy, rolled back
static Tensors roll_backward(const Tensor& grad, const Shape& shifts, const Dims& dims) {
  Shape back = shifts;
  for (std::int64_t& shift : back) shift = -shift;
  return {roll(grad, back, dims)};
}

/// Along one axis; no gradient yet.
static Tensor rolled(const Tensor& x, std::int64_t shift, std::int64_t axis) {
  const std::int64_t n = x.size(axis), first = ((shift % n) + n) % n;  // where x[0] goes
  const Tensor out = empty_like(x);
  const auto part = [axis](const Tensor& t, std::int64_t start, std::int64_t length) {
    return primitive::with_layout(t, slice(t.layout(), axis, start, length, 1));
  };
  backend(x.device()).copy(part(x, 0, n - first), part(out, first, n - first));
  backend(x.device()).copy(part(x, n - first, first), part(out, 0, first));
  return out;
}

Tensor roll(const Tensor& x, const Shape& shifts, const Dims& dims) {
  check(!shifts.empty(), "roll: expected at least one shift");
  check(!dims.empty() || shifts.size() == 1,
        "roll: expected one shift where no dims are given, got ", shifts);
  check(dims.empty() || shifts.size() == dims.size(), "roll: expected as many shifts as dims, got ",
        shifts, " for dims ", static_cast<const Shape&>(dims));
  Tensor out = x.numel() == 0 ? primitive::copy(x) : x;
  if (dims.empty() && x.numel() > 0) {
    const Tensor dense = primitive::contiguous(x);
    const Tensor row =
        primitive::with_layout(dense, Layout({x.numel()}, {1}, dense.storage_offset()));
    out = primitive::with_layout(rolled(row, shifts[0], 0), Layout(x.shape()));
  }
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const std::int64_t axis = normalize_dim("roll", dims[i], x.dim());
    check(x.dim() > 0, "roll: a 0-d tensor has no axis to roll along");
    if (x.numel() > 0) out = rolled(out, shifts[i], axis);
  }
  return record(out, "RollBackward0", {x}, roll_backward, shifts, dims);
}

// More at the borders -----------------------------------------------------------------------------

/// y = x with `value` around it:  dx = the inner part of dy
static Tensors pad_backward(const Tensor& grad, const Shape& pads) {
  Shape cuts = pads;
  for (std::int64_t& count : cuts) count = -count;
  return {pad(grad, cuts)};
}

/// How long axis `pair` from the end becomes.
static std::int64_t padded_length(const Tensor& x, const Shape& pads, std::size_t pair) {
  const std::int64_t axis = x.dim() - 1 - static_cast<std::int64_t>(pair), n = x.size(axis);
  std::int64_t length = 0;
  check(!__builtin_add_overflow(n, pads[2 * pair], &length) &&
            !__builtin_add_overflow(length, pads[2 * pair + 1], &length) && length >= 0,
        "pad: dimension ", axis, " of size ", n, " cannot be padded by ", pads[2 * pair], " and ",
        pads[2 * pair + 1]);
  return length;
}

static Tensor pad_constant(const Tensor& x, const Shape& pads, Scalar value) {
  Shape shape = x.shape();
  Layout from = x.layout();
  Shape starts(x.shape().size(), 0);  // where what is left of x begins in the result
  for (std::size_t pair = 0; pair < pads.size() / 2; ++pair) {
    const std::size_t axis = x.shape().size() - 1 - pair;
    const std::int64_t before = pads[2 * pair], after = pads[2 * pair + 1];
    shape[axis] = padded_length(x, pads, pair);
    const std::int64_t first = std::max<std::int64_t>(-before, 0);
    const std::int64_t end = x.shape()[axis] + std::min<std::int64_t>(after, 0);
    starts[axis] = std::max<std::int64_t>(before, 0);
    from = slice(from, static_cast<std::int64_t>(axis), std::min(first, x.shape()[axis]),
                 std::max<std::int64_t>(end - first, 0), 1);
  }
  const Tensor out = full(shape, value, x.dtype(), x.device());
  Layout to = out.layout();
  for (std::size_t axis = 0; axis < shape.size(); ++axis)
    to = slice(to, static_cast<std::int64_t>(axis), starts[axis], from.shape[axis], 1);
  if (numel(from.shape) > 0)
    backend(x.device()).copy(primitive::with_layout(x, from), primitive::with_layout(out, to));
  return record(out, "ConstantPadNdBackward0", {x}, pad_backward, pads);
}

/// An axis, and which of its elements stands at each place of the result.
struct Places {
  std::int64_t axis;
  Tensor index;
};

/// y[i] = x[index[i]], along one axis after the other:  dx[index[i]] += dy[i], backwards
static Tensors pad_by_places_backward(const Tensor& grad, const Shape& shape,
                                      const std::vector<Places>& places) {
  Tensor dx = grad;
  for (auto at = places.rbegin(); at != places.rend(); ++at) {
    Shape before = dx.shape();
    before[at->axis] = shape[at->axis];
    const Tensor sums = zeros(before, grad.dtype(), grad.device());
    backend(grad.device())
        .index_add(fold_around(dx, at->axis), at->index, fold_around(sums, at->axis));
    dx = sums;
  }
  return {dx};
}

/// Which element of an axis of n stands at each place, from −before on.
static Tensor places_of(Padding mode, std::int64_t n, std::int64_t before, std::int64_t length) {
  const Tensor index({length}, int64);
  for (std::int64_t i = 0; i < length; ++i) {
    std::int64_t at = i - before;
    if (mode == Padding::reflect) {
      if (at < 0) at = -at;
      if (at >= n) at = 2 * (n - 1) - at;
    }
    index.data_ptr<std::int64_t>()[i] = std::clamp<std::int64_t>(at, 0, n - 1);
  }
  return index;
}

static Tensor pad_by_places(const Tensor& x, const Shape& pads, Padding mode) {
  std::vector<Places> places;
  Tensor out = x;
  for (std::size_t pair = 0; pair < pads.size() / 2; ++pair) {
    const std::int64_t axis = x.dim() - 1 - static_cast<std::int64_t>(pair), n = x.size(axis);
    const std::int64_t before = pads[2 * pair], after = pads[2 * pair + 1];
    const std::int64_t length = padded_length(x, pads, pair);
    check(n > 0 && (mode == Padding::replicate || (before < n && after < n)),
          "pad: padding size should be less than the corresponding input dimension, but got ",
          before, " and ", after, " at dimension ", axis, " of input ", x.shape());
    places.push_back({axis, places_of(mode, n, before, length).to(x.device())});
    Shape shape = out.shape();
    shape[axis] = length;
    const Tensor longer(shape, x.dtype(), x.device());
    backend(x.device())
        .index_select(fold_around(out, axis), places.back().index, fold_around(longer, axis));
    out = longer;
  }
  static constexpr const char* names[2][3] = {
      {"ReflectionPad1DBackward0", "ReflectionPad2DBackward0", "ReflectionPad3DBackward0"},
      {"ReplicationPad1DBackward0", "ReplicationPad2DBackward0", "ReplicationPad3DBackward0"}};
  const char* name = names[mode == Padding::replicate][std::min<std::size_t>(places.size(), 3) - 1];
  return record(out, name, {x}, pad_by_places_backward, x.shape(), places);
}

Tensor pad(const Tensor& x, const Shape& pads, Padding mode, Scalar value) {
  check(pads.size() % 2 == 0 && std::ssize(pads) / 2 <= x.dim(),
        "pad: expected two numbers for each of at most ", x.dim(), " axes, got ", pads);
  if (mode == Padding::constant) return pad_constant(x, pads, value);
  return pads.empty() ? x : pad_by_places(x, pads, mode);
}

}  // namespace kindling
