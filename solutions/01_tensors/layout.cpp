#include <algorithm>

#include "kindling/shape.h"

/// Shapes, strides and views: arithmetic on a few integers, without touching an element.
namespace kindling {

/// \exercise{1.1} The strides of a row-major tensor, one for each axis, counted in elements: the
/// last axis is dense, every other one steps over all the elements of those after it. An axis of
/// length 0 counts as one of length 1, as in PyTorch.
/// [2, 3, 4] → [12, 4, 1];  [5] → [1];  [] → [];  [2, 0, 3] → [3, 3, 1].
Shape row_major_strides(const Shape& shape) {
  Shape strides(shape.size(), 1);
  for (std::int64_t i = std::ssize(shape) - 2; i >= 0; --i)
    strides[i] = strides[i + 1] * std::max<std::int64_t>(shape[i + 1], 1);
  return strides;
}

/// \exercise{1.2} The shape of an element-by-element operation on two shapes. Align them at the
/// right, as if the shorter one had axes of length 1 on its left. Where the two lengths differ, one
/// must be 1: it is repeated, and the other one is the result's.
/// [4, 1, 3] with [2, 3] → [4, 2, 3];  [] with [2, 3] → [2, 3];  [1] with [0] → [0].
/// \throws Error if two lengths differ and neither is 1; of several such pairs, it names the
/// rightmost: "The size of tensor a (3) must match the size of tensor b (4) at non-singleton
/// dimension 1: cannot broadcast [2, 3] with [2, 4]", where the dimension is an axis of the result.
Shape broadcast_shapes(const Shape& a, const Shape& b) {
  Shape out(std::max(a.size(), b.size()));
  for (std::size_t from_right = 1; from_right <= out.size(); ++from_right) {
    const std::int64_t in_a = from_right <= a.size() ? a[a.size() - from_right] : 1;
    const std::int64_t in_b = from_right <= b.size() ? b[b.size() - from_right] : 1;
    const std::size_t axis = out.size() - from_right;
    check(in_a == in_b || in_a == 1 || in_b == 1, "The size of tensor a (", in_a,
          ") must match the size of tensor b (", in_b, ") at non-singleton dimension ", axis,
          ": cannot broadcast ", a, " with ", b);
    out[axis] = in_a == 1 ? in_b : in_a;
  }
  return out;
}

/// \exercise{1.3} The layout of `x` with two axes exchanged: the elements stay where they are, only
/// the way they are counted changes. `dim0` and `dim1` are in [0, rank) and may be equal.
/// Shape [2, 3], strides [3, 1], offset 5, axes 0 and 1 → shape [3, 2], strides [1, 3], offset 5.
Layout transpose(const Layout& x, std::int64_t dim0, std::int64_t dim1) {
  Layout out = x;
  std::swap(out.shape[dim0], out.shape[dim1]);
  std::swap(out.strides[dim0], out.strides[dim1]);
  return out;
}

Layout permute(const Layout& x, const Shape& order) {
  Layout out = x;
  for (std::size_t i = 0; i < order.size(); ++i) {
    out.shape[i] = x.shape[order[i]];
    out.strides[i] = x.strides[order[i]];
  }
  return out;
}

Layout expand(const Layout& x, const Shape& shape) {
  Layout out(shape, Shape(shape.size(), 0), x.offset);
  const std::size_t added = shape.size() - x.shape.size();
  for (std::size_t i = 0; i < x.shape.size(); ++i)
    if (x.shape[i] == shape[added + i]) out.strides[added + i] = x.strides[i];
  return out;
}

Layout slice(const Layout& x, std::int64_t dim, std::int64_t start, std::int64_t length,
             std::int64_t step) {
  Layout out = x;
  out.offset += start * x.strides[dim];
  out.shape[dim] = length;
  out.strides[dim] *= step;
  return out;
}

Layout select(const Layout& x, std::int64_t dim, std::int64_t index) {
  return squeeze(slice(x, dim, index, 1, 1), dim);
}

Layout unsqueeze(const Layout& x, std::int64_t dim) {
  Layout out = x;
  const bool last = dim == std::ssize(x.shape);
  out.strides.insert(out.strides.begin() + dim, last ? 1 : x.shape[dim] * x.strides[dim]);
  out.shape.insert(out.shape.begin() + dim, 1);
  return out;
}

Layout squeeze(const Layout& x, std::int64_t dim) {
  Layout out = x;
  out.shape.erase(out.shape.begin() + dim);
  out.strides.erase(out.strides.begin() + dim);
  return out;
}

/// Walks old and new axes from the right in step. Old axes that follow each other without a gap
/// form one run of memory, which new axes can divide as they like; no new axis can reach across a
/// gap.
std::optional<Layout> view(const Layout& x, const Shape& shape) {
  if (numel(shape) == 0) return Layout(shape, row_major_strides(shape), x.offset);
  Layout out(shape, Shape(shape.size(), 1), x.offset);
  std::int64_t to = std::ssize(shape) - 1;
  std::int64_t run = 1;                                          // elements in the run so far
  std::int64_t step = x.strides.empty() ? 1 : x.strides.back();  // of the run's last axis
  for (std::int64_t from = std::ssize(x.shape) - 1; from >= 0; --from) {
    run *= x.shape[from];
    const bool gap = from > 0 && x.shape[from - 1] != 1 && x.strides[from - 1] != run * step;
    if (from > 0 && !gap) continue;
    std::int64_t filled = 1;
    for (; to >= 0 && (filled < run || shape[to] == 1); --to) {
      out.strides[to] = filled * step;
      filled *= shape[to];
    }
    if (filled != run) return std::nullopt;
    if (from > 0) {
      run = 1;
      step = x.strides[from - 1];
    }
  }
  for (; to >= 0; --to) out.strides[to] = run * step;  // what is left are axes of length 1
  return out;
}

}  // namespace kindling
