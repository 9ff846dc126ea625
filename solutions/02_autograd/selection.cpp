#include <algorithm>

#include "axes.h"

/// Operations that choose elements. Going back, the gradient goes to where the elements came from,
/// and zero elsewhere.
namespace kindling {

/// y = condition ? a : b:  da = dy where condition,  db = dy elsewhere
static Tensors where_backward(const Tensor& grad, const Saved& condition) {
  return {where(*condition, grad, 0), where(*condition, 0, grad)};
}

static void check_condition(const char* operation, const Tensor& condition) {
  check(condition.dtype() == bool_, operation, ": expected a bool tensor as condition, got ",
        condition.dtype());
}

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  check_condition("where", condition);
  const DType dtype = result_type(a, b);
  return record(primitive::where(condition, primitive::cast(a, dtype), primitive::cast(b, dtype)),
                "WhereBackward0", {a, b}, where_backward, condition);
}
Tensor where(const Tensor& condition, const Tensor& a, Scalar b) {
  return where(condition, a, full({}, b, result_type(a, b), a.device()));
}
Tensor where(const Tensor& condition, Scalar a, const Tensor& b) {
  return where(condition, full({}, a, result_type(b, a), b.device()), b);
}

/// y = x, and `value` where masked:  dx = dy, and 0 where masked
static Tensors masked_fill_backward(const Tensor& grad, const Saved& mask) {
  return {where(*mask, 0, grad)};
}

Tensor masked_fill(const Tensor& x, const Tensor& mask, Scalar value) {
  check_condition("masked_fill", mask);
  return record(primitive::where(mask, full({}, value, x.dtype(), x.device()), x),
                "MaskedFillBackward0", {x}, masked_fill_backward, mask);
}

/// True where column − row ≥ diagonal: on and above that diagonal.
static Tensor upper_triangle(const char* operation, const Tensor& x, std::int64_t diagonal) {
  check(x.dim() >= 2, operation, ": input tensor must have at least 2 dimensions, got shape ",
        x.shape());
  const Tensor rows = arange(x.size(-2)).unsqueeze(1);
  const Tensor columns = arange(x.size(-1));
  return (columns - rows >= diagonal).to(x.device());
}

/// y = x on and above the diagonal:  dx = dy there
static Tensors triu_backward(const Tensor& grad, std::int64_t diagonal) {
  return {triu(grad, diagonal)};
}

Tensor triu(const Tensor& x, std::int64_t diagonal) {
  const Tensor zero = full({}, 0, x.dtype(), x.device());
  return record(primitive::where(upper_triangle("triu", x, diagonal), x, zero), "TriuBackward0",
                {x}, triu_backward, diagonal);
}

/// y = x on and below the diagonal:  dx = dy there
static Tensors tril_backward(const Tensor& grad, std::int64_t diagonal) {
  return {tril(grad, diagonal)};
}

Tensor tril(const Tensor& x, std::int64_t diagonal) {
  const Tensor zero = full({}, 0, x.dtype(), x.device());
  return record(
      primitive::where(upper_triangle("tril", x, std::min(diagonal, INT64_MAX - 1) + 1), zero, x),
      "TrilBackward0", {x}, tril_backward, diagonal);
}

static void check_index_tensor(const char* operation, const Tensor& x, const Tensor& index) {
  primitive::check_same_device(x, index);
  check(index.dtype() == int64, operation, ": expected an int64 tensor as index, got ",
        index.dtype());
}

/// y[i, j] = x[index[i, j], j]:  dx[index[i, j], j] += dy[i, j]
static Tensors gather_backward(const Tensor& grad, const Shape& shape, std::int64_t dim,
                               const Saved& index) {
  Tensor dx = zeros(shape, grad.dtype(), grad.device());
  backend(grad.device())
      .scatter_add(fold_around(grad, dim), fold_around(*index, dim), fold_around(dx, dim));
  return {dx};
}

Tensor gather(const Tensor& x, std::int64_t at, const Tensor& index) {
  const std::int64_t dim = normalize_dim("gather", at, x.dim());
  check_index_tensor("gather", x, index);
  check(std::max(index.dim(), std::int64_t{1}) == std::max(x.dim(), std::int64_t{1}),
        "gather: index must have as many dimensions as the input, got ", index.shape(), " for ",
        x.shape());
  Tensor source = x;  // only the part beside the index is looked at
  for (std::int64_t axis = 0; axis < x.dim(); ++axis) {
    if (axis == dim) continue;
    check(index.size(axis) <= x.size(axis), "gather: size of index ", index.shape(),
          " exceeds the input's ", x.shape(), " at dimension ", axis);
    if (index.size(axis) < x.size(axis)) source = source.narrow(axis, 0, index.size(axis));
  }
  Tensor out(index.shape(), x.dtype(), x.device());
  backend(x.device())
      .gather(fold_around(source, dim), fold_around(index, dim), fold_around(out, dim));
  return record(out, "GatherBackward0", {source}, gather_backward, source.shape(), dim, index);
}

/// y[i] = x[index[i]]:  dx[index[i]] += dy[i]
static Tensors index_select_backward(const Tensor& grad, const Shape& shape, std::int64_t dim,
                                     const Saved& index) {
  Tensor dx = zeros(shape, grad.dtype(), grad.device());
  backend(grad.device())
      .index_add(fold_around(grad, dim), primitive::contiguous(*index), fold_around(dx, dim));
  return {dx};
}

Tensor index_select(const Tensor& x, std::int64_t at, const Tensor& index) {
  const std::int64_t dim = normalize_dim("index_select", at, x.dim());
  check_index_tensor("index_select", x, index);
  check(index.dim() <= 1, "index_select: index is supposed to be a vector, got shape ",
        index.shape());
  check(x.dim() > 0 || index.numel() == 1,
        "index_select: index to a scalar can have only 1 value, got ", index.numel());
  Shape shape = x.shape();
  if (!shape.empty()) shape[dim] = index.numel();
  Tensor out(shape, x.dtype(), x.device());
  const Tensor list = primitive::contiguous(index).view({-1});
  backend(x.device()).index_select(fold_around(x, dim), list, fold_around(out, dim));
  return record(out, "IndexSelectBackward0", {x}, index_select_backward, x.shape(), dim, list);
}

Tensor one_hot(const Tensor& labels, std::optional<std::int64_t> num_classes) {
  check(labels.dtype() == int64, "one_hot: expected labels of dtype int64, got ", labels.dtype());
  check(num_classes || labels.numel() > 0,
        "one_hot: without labels, the number of classes must be given");
  const std::int64_t classes = num_classes ? *num_classes : max(labels).item<std::int64_t>() + 1;
  check(classes > 0 || (labels.numel() == 0 && classes == 0),
        "one_hot: expected a positive number of classes, got ", classes);
  if (labels.device() == cpu && labels.numel() > 0) {  // a GPU says so when it has come to them
    const auto lowest = min(labels).item<std::int64_t>(),
               highest = max(labels).item<std::int64_t>();
    check(0 <= lowest && highest < classes, "one_hot: label ", lowest < 0 ? lowest : highest,
          " is out of bounds for ", classes, " classes");
  }
  Shape shape = labels.shape();
  shape.push_back(classes);
  const Tensor out = zeros(shape, int64, labels.device());
  if (labels.numel() == 0) return out;
  const Tensor places = fold_around(labels.unsqueeze(-1), labels.dim());
  backend(out.device())
      .scatter_add(ones(places.shape(), int64, out.device()), places,
                   primitive::with_layout(out, Layout({labels.numel(), classes, 1})));
  return out;
}

}  // namespace kindling
