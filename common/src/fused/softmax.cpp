#include "fused/softmax.h"

#include "axes.h"

namespace kindling {

/// x as [rows, n], where n is the length of its last axis.
static Tensor rows_along_last(const Tensor& x) { return rows_of(x, x.dim() == 0 ? 1 : x.size(-1)); }

/// y = softmax x:  dx = y (dy − Σ dy y),  and of its logarithm  dx = dy − eʸ Σ dy
static Tensors fused_softmax_backward(const Tensor& grad, const Saved& y, bool log) {
  const Tensor dx = empty_like(*y);
  if (dx.numel() > 0)
    softmax_rows_backward.on(dx.device())(rows_along_last(grad), rows_along_last(*y),
                                          rows_along_last(dx), log);
  return {dx};
}

Tensor fused_softmax(const Tensor& x, std::int64_t dim, bool log) {
  const auto kernel = softmax_rows.on(x.device());
  if (!kernel || !softmax_rows_backward.on(x.device())) return {};
  if (!x.is_floating_point() || dim != std::max<std::int64_t>(x.dim() - 1, 0)) return {};
  const Tensor y = empty_like(x);
  if (x.numel() > 0) kernel(rows_along_last(x), rows_along_last(y), log);
  return record(y, log ? "LogSoftmaxBackward0" : "SoftmaxBackward0", {x}, fused_softmax_backward, y,
                log);
}

}  // namespace kindling
