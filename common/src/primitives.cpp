#include "kindling/primitives.h"

#include <algorithm>

namespace kindling::primitive {

void check_same_device(const Tensor& a, const Tensor& b) {
  check(a.device() == b.device(),
        "Expected all tensors to be on the same device, but found at least two devices, ",
        std::max(a.device(), b.device(), [](Device x, Device y) { return x.type < y.type; }),
        " and ",
        std::min(a.device(), b.device(), [](Device x, Device y) { return x.type < y.type; }), "!");
}

Tensor with_layout(const Tensor& x, Layout layout) {
  return Tensor(x.storage(), std::move(layout), x.dtype());
}

Tensor expand(const Tensor& x, const Shape& shape) {
  return x.shape() == shape ? x : with_layout(x, kindling::expand(x.layout(), shape));
}

Tensor cast(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  Tensor out(x.shape(), dtype, x.device());
  backend(x.device()).copy(x, out);
  return out;
}

Tensor contiguous(const Tensor& x) { return x.is_contiguous() ? x : copy(x); }

Tensor copy(const Tensor& x) {
  Tensor out = empty_like(x);
  backend(x.device()).copy(x, out);
  return out;
}

Tensor map(const Unary& f, const Tensor& x) {
  Tensor out = empty_like(x);
  backend(x.device()).map(f, x, out);
  return out;
}

/// A large tensor that is read across its rows, as a transposed one is, is quicker to copy in tiles
/// first than to be read like that beside others.
static Tensor read_along_rows(const Tensor& x) {
  constexpr std::int64_t large = 16384;  // more than the L1 cache holds beside others
  if (x.dim() < 2 || x.strides().back() <= 1 || x.size(-1) == 1 || x.numel() < large) return x;
  return copy(x);
}

Tensor zip(const Binary& f, const Tensor& a, const Tensor& b) {
  check_same_device(a, b);
  Tensor out(broadcast_shapes(a.shape(), b.shape()), a.dtype(), a.device());
  backend(a.device())
      .zip(f, expand(read_along_rows(a), out.shape()), expand(read_along_rows(b), out.shape()),
           out);
  return out;
}

Tensor compare(const Comparison& f, const Tensor& a, const Tensor& b) {
  check_same_device(a, b);
  Tensor out(broadcast_shapes(a.shape(), b.shape()), bool_, a.device());
  backend(a.device()).compare(f, expand(a, out.shape()), expand(b, out.shape()), out);
  return out;
}

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  check_same_device(condition, a);
  check_same_device(a, b);
  const Shape shape = broadcast_shapes(condition.shape(), broadcast_shapes(a.shape(), b.shape()));
  Tensor out(shape, a.dtype(), a.device());
  backend(a.device()).where(expand(condition, shape), expand(a, shape), expand(b, shape), out);
  return out;
}

Tensor reduce(Reduction op, const Tensor& x, const Shape& dims) {
  const bool logical = op == Reduction::all || op == Reduction::any;
  Tensor in = contiguous(x);
  // From the right, a run of neighbouring axes at a time: they are one axis of a row-major tensor.
  for (std::size_t last = dims.size(); last > 0;) {
    std::size_t first = last - 1;
    while (first > 0 && dims[first - 1] == dims[first] - 1) --first;
    Shape shape = in.shape(), folded{1, 1, 1};
    for (std::int64_t axis = 0; axis < std::ssize(shape); ++axis)
      folded[axis < dims[first] ? 0 : axis <= dims[last - 1] ? 1 : 2] *= shape[axis];
    for (std::size_t i = first; i < last; ++i) shape[dims[i]] = 1;
    Tensor out(shape, logical ? bool_ : x.dtype(), x.device());
    backend(x.device())
        .reduce(op, with_layout(in, Layout(folded, row_major_strides(folded), in.storage_offset())),
                with_layout(out, Layout({folded[0], folded[2]})));
    in = out;
    last = first;
  }
  if (!dims.empty()) return in;
  return logical ? cast(in, bool_) : copy(in);  // nothing to fold: a scalar
}

Tensor matmul(const Tensor& a, const Tensor& b) {
  Tensor out({a.size(0), a.size(1), b.size(2)}, a.dtype(), a.device());
  backend(a.device()).matmul(a, b, out, false);
  return out;
}

Shape around(const Shape& shape, std::int64_t dim) {
  Shape folded{1, 1, 1};
  for (std::int64_t axis = 0; axis < std::ssize(shape); ++axis)
    folded[axis < dim ? 0 : axis == dim ? 1 : 2] *= shape[axis];
  return folded;
}

}  // namespace kindling::primitive
