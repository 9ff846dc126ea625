#include "kindling/loss.h"

#include <algorithm>

#include "fused/losses.h"
#include "kindling/ops.h"
#include "kindling/primitives.h"

/// How wrong an answer is, as one number to go downhill on. Each loss is one recorded operation:
/// its rule is shorter, faster and more exact than the chain of rules that it would be composed of.
namespace kindling::nn {

// A number for a number ---------------------------------------------------------------------------

static void check_pair(const char* operation, const Tensor& input, const Tensor& target) {
  primitive::check_same_device(input, target);
  check(input.is_floating_point(), operation, ": expected a floating-point input, got ",
        input.dtype());
  check(target.dtype() == input.dtype(), operation, ": expected a target of the input's dtype ",
        input.dtype(), ", got ", target.dtype());
  check(target.shape() == input.shape(), operation, ": expected a target of the input's shape ",
        input.shape(), ", got ", target.shape());
}

static Tensor reduce(const Tensor& losses, Reduction reduction) {
  if (reduction == Reduction::none) return losses;
  return reduction == Reduction::sum ? sum(losses) : mean(losses);
}

/// The gradient of each of `n` losses, from that of what reduce() made of them.
static Tensor spread(const Tensor& grad, Reduction reduction, std::int64_t n) {
  return reduction == Reduction::mean ? grad / n : grad;
}

/// L = (x − t)²:  dx = 2 (x − t) dL,  dt = −dx
static Tensors mse_loss_backward(const Tensor& grad, const Saved& x, const Saved& t,
                                 Reduction reduction) {
  const Tensor dx = (*x - *t) * 2 * spread(grad, reduction, x->numel());
  return {dx, t.wants_grad() ? -dx : Tensor()};
}

Tensor mse_loss(const Tensor& x, const Tensor& t, Reduction reduction) {
  check_pair("mse_loss", x, t);
  Tensor loss;
  {
    NoGrad guard;
    const Tensor difference = x - t;
    loss = reduce(difference * difference, reduction);
  }
  return record(loss, "MseLossBackward0", {x, t}, mse_loss_backward, x, t, reduction);
}

// Cut off where p = 0 or 1 would give an infinite loss, as PyTorch does.
static Tensor log_of(const Tensor& p) { return clamp(log(p), -100); }
static Tensor log_of_rest(const Tensor& p) { return clamp(log1p(-p), -100); }  // log(1 − p)

/// L = −(t log p + (1 − t) log(1 − p)):
/// dp = dL (p − t) / (p (1 − p)),  dt = dL (log(1 − p) − log p)
static Tensors binary_cross_entropy_backward(const Tensor& grad, const Saved& p, const Saved& t,
                                             Reduction reduction) {
  const Tensor each = spread(grad, reduction, p->numel());
  Tensor dp, dt;
  if (p.wants_grad()) dp = each * (*p - *t) / clamp(*p * (1 - *p), 1e-12);
  if (t.wants_grad()) dt = each * (log_of_rest(*p) - log_of(*p));
  return {dp, dt};
}

Tensor binary_cross_entropy(const Tensor& p, const Tensor& t, Reduction reduction) {
  check_pair("binary_cross_entropy", p, t);
  Tensor loss;
  {
    NoGrad guard;
    const Tensor valid = logical_and(p >= 0, p <= 1);  // false for NaN
    if (!all(valid).item<bool>()) {
      const std::int64_t first = argmin(valid.to(int64)).item<std::int64_t>();
      fail("binary_cross_entropy: all elements of input should be between 0 and 1, got ",
           p.reshape({-1})[first].item());
    }
    loss = reduce(-(t * log_of(p) + (1 - t) * log_of_rest(p)), reduction);
  }
  return record(loss, "BinaryCrossEntropyBackward0", {p, t}, binary_cross_entropy_backward, p, t,
                reduction);
}

/// L = −(t log σ(x) + (1 − t) log(1 − σ(x))):  dx = dL (σ(x) − t),  dt = −dL x
static Tensors binary_cross_entropy_with_logits_backward(const Tensor& grad, const Saved& x,
                                                         const Saved& t, Reduction reduction) {
  const Tensor each = spread(grad, reduction, x->numel());
  Tensor dx, dt;
  if (x.wants_grad()) dx = each * (sigmoid(*x) - *t);
  if (t.wants_grad()) dt = -each * *x;
  return {dx, dt};
}

Tensor binary_cross_entropy_with_logits(const Tensor& x, const Tensor& t, Reduction reduction) {
  check_pair("binary_cross_entropy_with_logits", x, t);
  Tensor loss;
  {
    NoGrad guard;
    loss = reduce(relu(x) - x * t + log1p(exp(-abs(x))), reduction);
  }
  return record(loss, "BinaryCrossEntropyWithLogitsBackward0", {x, t},
                binary_cross_entropy_with_logits_backward, x, t, reduction);
}

// A label for an example --------------------------------------------------------------------------

namespace {

/// The labels of a batch, checked, as tensors that fit the input: their classes axis has length 1,
/// or 0 in an index of labels that are all ignored because there are no classes.
struct Labels {
  std::int64_t dim;    // the classes' axis of the input: 1, or 0 if there is no batch
  std::int64_t count;  // how many are not ignored
  Tensor ignored;      // [batch, 1, …], bool
  Tensor index;        // [batch, 1, …], int64; 0 where ignored
  Tensor one_hot;      // [batch, classes, …], bool: true at each example's label
};

Labels check_labels(const char* operation, const Tensor& input, const Tensor& targets,
                    std::int64_t ignore_index) {
  primitive::check_same_device(input, targets);
  check(input.is_floating_point(), operation, ": expected a floating-point input, got ",
        input.dtype());
  check(targets.dtype() == int64, operation,
        ": expected targets to be class labels of dtype int64, got ", targets.dtype());
  check(input.dim() > 0, operation,
        ": expected an input of shape [classes] or [batch, classes, ...], got a scalar");
  Labels labels{input.dim() == 1 ? 0 : 1, 0, {}, {}, {}};
  const std::int64_t classes = input.size(labels.dim);
  Shape expected = input.shape();
  expected.erase(expected.begin() + labels.dim);
  check(targets.shape() == expected, operation, ": expected targets of shape ", expected,
        " for an input of shape ", input.shape(), ", got ", targets.shape());
  const Tensor here = targets.to(cpu).contiguous();
  const auto* label = here.data_ptr<std::int64_t>();
  for (std::int64_t i = 0; i < here.numel(); ++i) {
    if (label[i] == ignore_index) continue;
    check(0 <= label[i] && label[i] < classes, operation, ": target ", label[i],
          " is out of bounds for ", classes, " classes");
    ++labels.count;
  }

  Shape column = input.shape();
  column[labels.dim] = 1;
  labels.ignored = empty(column, bool_);
  column[labels.dim] = std::min<std::int64_t>(classes, 1);
  labels.index = empty(column, int64);
  labels.one_hot = zeros(input.shape(), bool_);
  const std::int64_t inner =
      expected.empty() ? 1 : numel(Shape(expected.begin() + labels.dim, expected.end()));
  for (std::int64_t i = 0; i < here.numel(); ++i) {
    const bool ignored = label[i] == ignore_index;
    labels.ignored.data_ptr<bool>()[i] = ignored;
    if (classes > 0) labels.index.data_ptr<std::int64_t>()[i] = ignored ? 0 : label[i];
    if (!ignored)
      labels.one_hot.data_ptr<bool>()[(i / inner * classes + label[i]) * inner + i % inner] = true;
  }
  for (Tensor* made : {&labels.ignored, &labels.index, &labels.one_hot})
    *made = made->to(input.device());
  return labels;
}

/// What becomes of the loss of each example, [batch, 1, …].
Tensor reduce(const Tensor& losses, Reduction reduction, const Labels& labels) {
  const Tensor counted = where(labels.ignored, 0, losses);
  // A sum over one loss, or none without classes: 0 is its neutral element, so −0 becomes 0.
  if (reduction == Reduction::none) return sum(counted, labels.dim);
  return reduction == Reduction::sum ? sum(counted) : sum(counted) / labels.count;
}

/// The gradient of each example's loss, in a shape that fits the input, from that of what reduce()
/// made of them. Ignored ones are still to be left out.
Tensor spread(const Tensor& grad, Reduction reduction, const Labels& labels) {
  if (reduction == Reduction::none) return grad.unsqueeze(labels.dim);
  return reduction == Reduction::sum ? grad : grad / labels.count;
}

const char* nll_name(const Tensor& input) {
  return input.dim() > 2 ? "NllLoss2DBackward0" : "NllLossBackward0";
}

}  // namespace

/// L = −x[target]:  dx[target] = −dL, all others 0
static Tensors nll_loss_backward(const Tensor& each, const Labels& labels) {
  return {where(logical_and(labels.one_hot, logical_not(labels.ignored)), -each, 0)};
}

Tensor nll_loss(const Tensor& input, const Tensor& targets, const LabelLossOptions& options) {
  const Labels labels = check_labels("nll_loss", input, targets, options.ignore_index);
  Tensor loss;
  {
    NoGrad guard;
    loss = reduce(-gather(input, labels.dim, labels.index), options.reduction, labels);
  }
  return record(loss, nll_name(input), {input},
                [=, reduction = options.reduction](const Tensor& grad) {
                  return nll_loss_backward(spread(grad, reduction, labels), labels);
                });
}

/// A device may have a kernel for all of this at once, which cross_entropy() asks for first
/// (common/src/fused/losses.cpp). Where it has none, what follows is cross_entropy().
namespace composed {

/// \exercise{4.2} L = −log p[target] with p = softmax x:  dx = dL (p − one_hot), and 0 for ignored
/// examples. `each` is dL of each example, in a shape that fits x; where an example is ignored, it
/// may be infinite or NaN, and dx must be 0 all the same. `log_p` is log softmax x.
static Tensors cross_entropy_backward(const Tensor& each, const Tensor& log_p,
                                      const Labels& labels) {
  throw NotImplemented("4.2");
}

/// \exercise{4.2} −log_softmax(input)[target] of each example, reduced.
/// check_labels("cross_entropy", …) finds bad arguments and prepares the labels; reduce() leaves
/// the ignored ones out and finishes. The result is recorded as one operation, nll_name(input),
/// under the rule above, for which spread() undoes the reduction.
Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions& options) {
  throw NotImplemented("4.2");
}

}  // namespace composed
}  // namespace kindling::nn
