#include "fused.h"

#include "kindling/backend.h"
#include "kindling/loss.h"
#include "kindling/ops.h"
#include "kindling/primitives.h"

namespace kindling {

/// x as [rows, n], row-major.
static Tensor rows_of(const Tensor& x) {
  const Tensor dense = primitive::contiguous(x);
  const std::int64_t n = x.dim() == 0 ? 1 : x.size(-1);
  return primitive::with_layout(
      dense, Layout({n == 0 ? 0 : x.numel() / n, n}, {n, 1}, dense.storage_offset()));
}

/// y = softmax x:  dx = y (dy − Σ dy y),  and of its logarithm  dx = dy − eʸ Σ dy
static Tensors fused_softmax_backward(const Tensor& grad, const Saved& y, bool log) {
  const Tensor dx = empty_like(*y);
  backend(dx.device()).softmax_backward(rows_of(grad), rows_of(*y), rows_of(dx), log);
  return {dx};
}

Tensor fused_softmax(const Tensor& x, std::int64_t dim, bool log) {
  if (x.device() == cpu || dim != std::max<std::int64_t>(x.dim() - 1, 0)) return {};
  const Tensor y = empty_like(x);
  if (!backend(x.device()).softmax(rows_of(x), rows_of(y), log)) return {};
  return record(y, log ? "LogSoftmaxBackward0" : "SoftmaxBackward0", {x}, fused_softmax_backward, y,
                log);
}

/// L = −log softmax(x)[label]:  dx = dL (softmax x − one_hot), and 0 for ignored examples
static Tensors fused_cross_entropy_backward(const Tensor& grad, const Saved& x, const Saved& labels,
                                            const CrossEntropyResults& results,
                                            nn::Reduction reduction) {
  const Tensor dx = empty_like(*x);
  const Tensor each = reduction == nn::Reduction::sum
                          ? primitive::contiguous(primitive::expand(grad, labels->shape()))
                          : primitive::contiguous(grad);
  backend(dx.device()).cross_entropy_backward(each, *x, *labels, results, dx);
  return {dx};
}

Tensor fused_cross_entropy(const Tensor& input, const Tensor& targets,
                           const nn::LabelLossOptions& options) {
  using nn::Reduction;
  const bool fits = input.device() != cpu && input.device() == targets.device() &&
                    input.is_floating_point() && targets.dtype() == int64 && input.dim() == 2 &&
                    input.size(1) > 0 && targets.shape() == Shape{input.size(0)};
  if (!fits) return {};
  const Tensor x = rows_of(input), labels = primitive::contiguous(targets);
  const auto make = [&](const Shape& shape) { return empty(shape, x.dtype(), x.device()); };
  const CrossEntropyResults results{options.ignore_index, make(labels.shape()),
                                    make(labels.shape()), make(labels.shape()), make({3})};
  if (!backend(x.device()).cross_entropy(x, labels, results)) return {};
  const auto total = [&](std::int64_t i) {
    return primitive::with_layout(results.totals, Layout({}, {}, i));
  };
  const Reduction reduction = options.reduction;
  // Another handle than the one that the way back keeps, or the graph would own itself.
  const Tensor loss = reduction == Reduction::none
                          ? primitive::with_layout(results.losses, results.losses.layout())
                          : total(reduction == Reduction::sum ? 0 : 1);
  return record(loss, "NllLossBackward0", {input}, fused_cross_entropy_backward, x, labels, results,
                reduction);
}

}  // namespace kindling
