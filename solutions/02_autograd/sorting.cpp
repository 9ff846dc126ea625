#include "axes.h"
#include "fused/sort.h"

/// Elements in order. Going back, each gradient goes to where its element came from.
namespace kindling {

/// y[i] = x[index[i]], along an axis:  dx[index[i]] = dy[i], and 0 elsewhere
static Tensors sort_backward(const Tensor& grad, const Saved& indices, const Shape& shape,
                             std::int64_t dim) {
  Tensor dx = zeros(shape, grad.dtype(), grad.device());
  backend(grad.device())
      .scatter_add(fold_around(grad, dim), fold_around(*indices, dim), fold_around(dx, dim));
  return {dx};
}

/// The first k in order; no gradient yet.
static ValuesAndIndices first_in_order(const Tensor& x, std::int64_t k, std::int64_t dim,
                                       bool descending) {
  if (x.dim() == 0) return {primitive::copy(x), zeros({}, int64, x.device())};
  const std::int64_t last = x.dim() - 1, n = x.size(dim);
  const auto with_last = [&](const Tensor& t) {
    return primitive::with_layout(t, transpose(t.layout(), dim, last));
  };
  const Tensor rows = primitive::contiguous(with_last(x));
  Shape shape = rows.shape();
  shape[last] = k;
  const ValuesAndIndices sorted{Tensor(shape, x.dtype(), x.device()),
                                Tensor(shape, int64, x.device())};
  const std::int64_t count = numel(Shape(shape.begin(), shape.end() - 1));
  const auto flat = [&](const Tensor& t, std::int64_t length) {
    return primitive::with_layout(t, Layout({count, length}, {length, 1}, t.storage_offset()));
  };
  if (sorted.values.numel() > 0) {
    const Tensor values = flat(sorted.values, k), indices = flat(sorted.indices, k);
    if (const auto kernel = sort_rows.on(x.device())) {
      kernel(flat(rows, n), descending, values, indices);
    } else if (x.device() == cpu) {
      sort_rows_on_cpu(flat(rows, n), descending, values, indices);
    } else {
      const Tensor values_here = empty(values.shape(), x.dtype());
      const Tensor indices_here = empty(indices.shape(), int64);
      sort_rows_on_cpu(flat(rows, n).to(cpu), descending, values_here, indices_here);
      backend(x.device()).copy(values_here, values);
      backend(x.device()).copy(indices_here, indices);
    }
  }
  return {primitive::contiguous(with_last(sorted.values)),
          primitive::contiguous(with_last(sorted.indices))};
}

ValuesAndIndices sort(const Tensor& x, std::int64_t at, bool descending) {
  const std::int64_t dim = normalize_dim("sort", at, x.dim());
  const auto [values, indices] = first_in_order(x, x.dim() == 0 ? 1 : x.size(dim), dim, descending);
  return {record(values, "SortBackward0", {x}, sort_backward, indices, x.shape(), dim), indices};
}

Tensor argsort(const Tensor& x, std::int64_t dim, bool descending) {
  NoGrad guard;
  return sort(x, dim, descending).indices;
}

ValuesAndIndices topk(const Tensor& x, std::int64_t k, std::int64_t at, bool largest) {
  const std::int64_t dim = normalize_dim("topk", at, x.dim());
  const std::int64_t n = x.dim() == 0 ? 1 : x.size(dim);
  check(0 <= k && k <= n, "topk: selected index k out of range: k is ", k, ", and dimension ", dim,
        " has ", n, " elements");
  const auto [values, indices] = first_in_order(x, k, dim, largest);
  return {record(values, "TopkBackward0", {x}, sort_backward, indices, x.shape(), dim), indices};
}

}  // namespace kindling
