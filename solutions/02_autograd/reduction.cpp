#include <algorithm>
#include <limits>

#include "axes.h"

/// Folding axes. Going back, the gradient is spread over what was folded: rules compute with the
/// axes kept at length 1, so that broadcasting does the spreading.
namespace kindling {

/// y = Σ x:  dx = dy for every element that was added
static Tensors sum_backward(const Tensor& grad, const Shape& axes, bool keepdim,
                            const Shape& shape) {
  return {restore_unless(keepdim, grad, axes).expand(shape)};
}

Tensor sum(const Tensor& x, const Dims& dims, bool keepdim) {
  const Shape axes = axes_of("sum", x, dims);
  const Tensor numbers = x.dtype() == bool_ ? x.to(int64) : x;
  return record(drop(primitive::reduce(Reduction::sum, numbers, axes), axes, keepdim),
                dims.empty() ? "SumBackward0" : "SumBackward1", {x}, sum_backward, axes, keepdim,
                x.shape());
}

/// y = Σ x / n:  dx = dy / n
static Tensors mean_backward(const Tensor& grad, const Shape& axes, bool keepdim,
                             const Shape& shape, std::int64_t n) {
  return {(restore_unless(keepdim, grad, axes) / n).expand(shape)};
}

Tensor mean(const Tensor& x, const Dims& dims, bool keepdim) {
  check_floating("mean", x);
  const Shape axes = axes_of("mean", x, dims);
  const std::int64_t n = folded_count(x, axes);
  const Tensor total = primitive::reduce(Reduction::sum, x, axes);
  return record(
      drop(primitive::map(functors::WithRight<functors::Div>{static_cast<double>(n)}, total), axes,
           keepdim),
      dims.empty() ? "MeanBackward0" : "MeanBackward1", {x}, mean_backward, axes, keepdim,
      x.shape(), n);
}

/// y = Σ (x − x̄)² / (n − c):  dx = dy 2 (x − x̄) / (n − c). The mean's own share cancels, for Σ (x −
/// x̄) = 0.
static Tensors var_backward(const Tensor& grad, const Saved& x, const Shape& axes, bool keepdim,
                            double freedom) {
  return {restore_unless(keepdim, grad, axes) * ((*x - mean(*x, axes, true)) * (2 / freedom))};
}

Tensor var(const Tensor& x, const Dims& dims, bool keepdim, int correction) {
  check_floating("var", x);
  const Shape axes = axes_of("var", x, dims);
  const auto freedom = static_cast<double>(folded_count(x, axes) - correction);
  Tensor out;
  {
    NoGrad guard;
    const Tensor deviation = x.dim() == 0 ? x - x : x - mean(x, axes, true);
    const double divisor = std::max(freedom, 0.0);  // too few elements: infinite or NaN, as there
    out = drop(primitive::reduce(Reduction::sum, deviation * deviation, axes) / divisor, axes,
               keepdim);
  }
  return record(out, "VarBackward0", {x}, var_backward, x, axes, keepdim, freedom);
}

/// y = log Σ eˣ:  dx = dy eˣ⁻ʸ
static Tensors logsumexp_backward(const Tensor& grad, const Saved& x, const Saved& y,
                                  const Shape& axes, bool keepdim) {
  return {restore_unless(keepdim, grad, axes) * exp(*x - restore_unless(keepdim, *y, axes))};
}

Tensor logsumexp(const Tensor& x, const Dims& dims, bool keepdim) {
  if (!x.is_floating_point()) return logsumexp(x.to(float32), dims, keepdim);
  const Shape axes = axes_of("logsumexp", x, dims);
  Tensor y;
  {
    NoGrad guard;
    if (folded_count(x, axes) == 0) {
      y = log(primitive::reduce(Reduction::sum, x, axes));
    } else {
      // The largest is taken out first, so that nothing overflows; an infinite one is left in.
      Tensor largest = primitive::reduce(Reduction::max, x, axes);
      largest = where(abs(largest) == std::numeric_limits<double>::infinity(), 0, largest);
      y = log(primitive::reduce(Reduction::sum, exp(x - largest), axes)) + largest;
    }
    y = drop(y, axes, keepdim);
  }
  return record(y, "LogsumexpBackward0", {x}, logsumexp_backward, x, y, axes, keepdim);
}

// Extremes ----------------------------------------------------------------------------------------

/// y = amax x:  dx = dy where x = y, shared evenly among equals. If y is NaN, so is dx, for all of
/// x that y was taken of: NaN is not equal to itself, so their count is 0.
static Tensors amax_backward(const Tensor& grad, const Saved& x, const Saved& y, const Shape& axes,
                             bool keepdim) {
  const Tensor winners = *x == restore_unless(keepdim, *y, axes);
  const Tensor count = sum(winners, axes, true).to(grad.dtype());
  return {restore_unless(keepdim, grad, axes) * winners / count};
}

/// y = max x, of all of x:  dx = dy where x = y, or where both are NaN, shared evenly
static Tensors max_backward(const Tensor& grad, const Saved& x, const Saved& y) {
  const Tensor winners = logical_or(*x == *y, logical_and(isnan(*x), isnan(*y)));
  return {where(winners, grad / sum(winners).to(grad.dtype()), 0)};
}

/// No gradient yet.
static Tensor extreme(const char* operation, Reduction op, const Tensor& x, const Dims& dims,
                      bool keepdim) {
  const Shape axes = axes_of(operation, x, dims);
  check(!(dims.empty() && x.numel() == 0), operation,
        ": Expected reduction dim to be specified for input.numel() == 0. Specify the reduction "
        "dim with the 'dim' argument");
  for (std::int64_t axis : axes)
    check(x.size(axis) > 0, operation, ": Expected reduction dim ", axis, " to have non-zero size");
  const Tensor y = drop(primitive::reduce(op, x, axes), axes, keepdim);
  return y.to(x.dtype());
}

static Tensor extreme_of_axes(const char* operation, const char* grad_fn, Reduction op,
                              const Tensor& x, const Dims& dims, bool keepdim) {
  const Tensor y = extreme(operation, op, x, dims, keepdim);
  return record(y, grad_fn, {x}, amax_backward, x, y, axes_of(operation, x, dims), keepdim);
}
Tensor amax(const Tensor& x, const Dims& dims, bool keepdim) {
  return extreme_of_axes("amax", "AmaxBackward0", Reduction::max, x, dims, keepdim);
}
Tensor amin(const Tensor& x, const Dims& dims, bool keepdim) {
  return extreme_of_axes("amin", "AminBackward0", Reduction::min, x, dims, keepdim);
}

static Tensor extreme_of_all(const char* operation, const char* grad_fn, Reduction op,
                             const Tensor& x) {
  const Tensor y = extreme(operation, op, x, {}, false);
  return record(y, grad_fn, {x}, max_backward, x, y);
}
Tensor max(const Tensor& x) { return extreme_of_all("max", "MaxBackward1", Reduction::max, x); }
Tensor min(const Tensor& x) { return extreme_of_all("min", "MinBackward1", Reduction::min, x); }

/// y[i] = x[i, k(i)]:  dx[i, k(i)] = dy[i]
static Tensors extreme_along_backward(const Tensor& grad, const Saved& indices, const Shape& shape,
                                      std::int64_t dim, bool keepdim) {
  if (shape.empty()) return {grad};
  const Tensor positions = arange(shape[dim]).to(grad.device());
  Shape along(shape.size(), 1);
  along[dim] = shape[dim];
  return {where(positions.view(along) == restore_unless(keepdim, *indices, {dim}),
                restore_unless(keepdim, grad, {dim}), 0)};
}

/// Values and indices, with the axis kept; no gradient yet.
static ValuesAndIndices extreme_along(const char* operation, Reduction op, const Tensor& x,
                                      std::int64_t dim) {
  check(x.dim() == 0 || x.size(dim) > 0, operation, ": Expected reduction dim ", dim,
        " to have non-zero size");
  const Tensor dense = primitive::contiguous(x);
  const Shape folded = primitive::around(x.shape(), dim);
  Shape shape = x.shape();
  if (!shape.empty()) shape[dim] = 1;
  ValuesAndIndices out{Tensor(shape, x.dtype(), x.device()), Tensor(shape, int64, x.device())};
  const Layout flat({folded[0], folded[2]});
  backend(x.device())
      .arg_reduce(op,
                  primitive::with_layout(
                      dense, Layout(folded, row_major_strides(folded), dense.storage_offset())),
                  primitive::with_layout(out.values, flat),
                  primitive::with_layout(out.indices, flat));
  return out;
}

static ValuesAndIndices extreme_along(const char* operation, const char* grad_fn, Reduction op,
                                      const Tensor& x, std::int64_t at, bool keepdim) {
  const std::int64_t dim = normalize_dim(operation, at, x.dim());
  auto [values, indices] = extreme_along(operation, op, x, dim);
  const Shape axes = x.dim() == 0 ? Shape{} : Shape{dim};
  values = drop(values, axes, keepdim);
  indices = drop(indices, axes, keepdim);
  return {record(values, grad_fn, {x}, extreme_along_backward, indices, x.shape(), dim, keepdim),
          indices};
}

ValuesAndIndices max(const Tensor& x, std::int64_t dim, bool keepdim) {
  return extreme_along("max", "MaxBackward0", Reduction::max, x, dim, keepdim);
}
ValuesAndIndices min(const Tensor& x, std::int64_t dim, bool keepdim) {
  return extreme_along("min", "MinBackward0", Reduction::min, x, dim, keepdim);
}

static Tensor arg_extreme(const char* operation, Reduction op, const Tensor& x,
                          std::optional<std::int64_t> at, bool keepdim) {
  check(x.dtype() != bool_, operation, ": expected numbers, got a bool tensor");
  NoGrad guard;
  if (at) {
    const std::int64_t dim = normalize_dim(operation, *at, x.dim());
    return drop(extreme_along(operation, op, x, dim).indices, x.dim() == 0 ? Shape{} : Shape{dim},
                keepdim);
  }
  check(x.numel() > 0, operation,
        ": Expected reduction dim to be specified for input.numel() == 0. Specify the reduction "
        "dim with the 'dim' argument");
  const Tensor index = extreme_along(operation, op, x.reshape({-1}), 0).indices;
  return index.view(keepdim ? Shape(x.dim(), 1) : Shape{});
}

Tensor argmax(const Tensor& x, std::optional<std::int64_t> dim, bool keepdim) {
  return arg_extreme("argmax", Reduction::max, x, dim, keepdim);
}
Tensor argmin(const Tensor& x, std::optional<std::int64_t> dim, bool keepdim) {
  return arg_extreme("argmin", Reduction::min, x, dim, keepdim);
}

Tensor all(const Tensor& x, const Dims& dims, bool keepdim) {
  const Shape axes = axes_of("all", x, dims);
  return drop(primitive::reduce(Reduction::all, x, axes), axes, keepdim);
}
Tensor any(const Tensor& x, const Dims& dims, bool keepdim) {
  const Shape axes = axes_of("any", x, dims);
  return drop(primitive::reduce(Reduction::any, x, axes), axes, keepdim);
}

}  // namespace kindling
