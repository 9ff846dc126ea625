#include "fused/softmax.h"

#include "kindling/ops.h"
#include "kindling/primitives.h"

namespace kindling {

Tensor rows_of(const Tensor& x) {
  const Tensor dense = primitive::contiguous(x);
  const std::int64_t n = x.dim() == 0 ? 1 : x.size(-1);
  return primitive::with_layout(
      dense, Layout({n == 0 ? 0 : x.numel() / n, n}, {n, 1}, dense.storage_offset()));
}

/// y = softmax x:  dx = y (dy − Σ dy y),  and of its logarithm  dx = dy − eʸ Σ dy
static Tensors fused_softmax_backward(const Tensor& grad, const Saved& y, bool log) {
  const Tensor dx = empty_like(*y);
  if (dx.numel() > 0)
    softmax_rows_backward.on(dx.device())(rows_of(grad), rows_of(*y), rows_of(dx), log);
  return {dx};
}

Tensor fused_softmax(const Tensor& x, std::int64_t dim, bool log) {
  const auto kernel = softmax_rows.on(x.device());
  if (!kernel || !softmax_rows_backward.on(x.device())) return {};
  if (!x.is_floating_point() || dim != std::max<std::int64_t>(x.dim() - 1, 0)) return {};
  const Tensor y = empty_like(x);
  if (x.numel() > 0) kernel(rows_of(x), rows_of(y), log);
  return record(y, log ? "LogSoftmaxBackward0" : "SoftmaxBackward0", {x}, fused_softmax_backward, y,
                log);
}

}  // namespace kindling
