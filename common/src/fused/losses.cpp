#include "fused/losses.h"

#include "axes.h"
#include "fused/cross_entropy.h"
#include "fused/softmax.h"

/// Operations of chapter 4 that first ask for a kernel, and are composed where there is none.
namespace kindling {

Tensor log_softmax(const Tensor& x, std::int64_t at) {
  if (softmax_rows.on(x.device()) && x.is_floating_point())
    if (Tensor fused = fused_softmax(x, normalize_dim("log_softmax", at, x.dim()), true);
        fused.defined())
      return fused;
  return composed::log_softmax(x, at);
}

}  // namespace kindling

namespace kindling::nn {

/// L = −log softmax(x)[label]:  dx = dL (softmax x − one_hot), and 0 for ignored examples
static Tensors fused_cross_entropy_backward(const Tensor& grad, const Saved& x, const Saved& labels,
                                            const CrossEntropyResults& results,
                                            Reduction reduction) {
  const Tensor dx = empty_like(*x);
  const Tensor each = reduction == Reduction::sum
                          ? primitive::contiguous(primitive::expand(grad, labels->shape()))
                          : primitive::contiguous(grad);
  if (dx.numel() > 0) cross_entropy_rows_backward.on(dx.device())(each, *x, *labels, results, dx);
  return {dx};
}

/// The loss of a matrix of logits [batch, classes]; an undefined Tensor where there is no kernel
/// for it.
static Tensor fused_cross_entropy(const Tensor& input, const Tensor& targets,
                                  const LabelLossOptions& options) {
  const auto kernel = cross_entropy_rows.on(input.device());
  const bool fits = kernel && cross_entropy_rows_backward.on(input.device()) &&
                    input.device() == targets.device() && input.is_floating_point() &&
                    targets.dtype() == int64 && input.dim() == 2 && input.size(1) > 0 &&
                    targets.shape() == Shape{input.size(0)};
  if (!fits) return {};
  const Tensor x = rows_of(input, input.size(1)), labels = primitive::contiguous(targets);
  const auto make = [&](const Shape& shape) { return empty(shape, x.dtype(), x.device()); };
  const CrossEntropyResults results{options.ignore_index, make(labels.shape()),
                                    make(labels.shape()), make(labels.shape()), make({3})};
  kernel(x, labels, results);
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

Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions& options) {
  if (Tensor fused = fused_cross_entropy(input, targets, options); fused.defined()) return fused;
  return composed::cross_entropy(input, targets, options);
}

}  // namespace kindling::nn
