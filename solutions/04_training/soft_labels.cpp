#include "kindling/loss.h"
#include "kindling/ops.h"
#include "kindling/primitives.h"

/// Cross-entropy with targets that are not sure, or not equally important.
namespace kindling::nn {
namespace {

/// What is wanted of each class, for each example.
struct Wanted {
  Tensor q;        // of the input's shape: −Σ q log p is the loss; 0 where ignored
  double divisor;  // of the mean
};

/// The weights in a shape that fits the input, [classes, 1, …]; undefined if there are none.
Tensor weights_for(const Tensor& input, std::int64_t dim, const Tensor& weight) {
  if (!weight.defined()) return {};
  primitive::check_same_device(input, weight);
  check(weight.shape() == Shape{input.size(dim)} && weight.dtype() == input.dtype(),
        "cross_entropy: expected a weight for each of ", input.size(dim), " classes, of dtype ",
        input.dtype(), ", got ", weight.dtype(), " of shape ", weight.shape());
  Shape along(static_cast<std::size_t>(input.dim() - dim), 1);
  along[0] = input.size(dim);
  return weight.view(along);
}

void check_labels(const Tensor& labels, std::int64_t ignore_index, std::int64_t classes) {
  for (const std::int64_t label : labels.to_vector<std::int64_t>())
    check(label == ignore_index || (0 <= label && label < classes), "cross_entropy: target ", label,
          " is out of bounds for ", classes, " classes");
}

/// \param dim the classes' axis of the input
Wanted wanted_of_labels(const Tensor& input, std::int64_t dim, const Tensor& labels,
                        std::int64_t ignore_index, const ClassOptions& options) {
  Shape expected = input.shape();
  expected.erase(expected.begin() + dim);
  check(labels.dtype() == int64,
        "cross_entropy: expected targets to be class labels of dtype int64, or probabilities of "
        "the input's dtype ",
        input.dtype(), ", got ", labels.dtype());
  check(labels.shape() == expected, "cross_entropy: expected targets of shape ", expected,
        " for an input of shape ", input.shape(), ", got ", labels.shape());
  const std::int64_t classes = input.size(dim);
  check_labels(labels, ignore_index, classes);
  Shape along(static_cast<std::size_t>(input.dim() - dim), 1);
  along[0] = classes;
  const Tensor column = labels.unsqueeze(dim), counts = column != ignore_index;
  const Tensor is_label =
      logical_and(arange(classes).to(input.device()).view(along) == column, counts);
  const Tensor weight = weights_for(input, dim, options.weight);
  const Tensor own = is_label.to(input.dtype());
  const double smoothing = options.label_smoothing;
  Tensor q = own * (1 - smoothing);
  if (smoothing > 0) q = q + counts.to(input.dtype()) * (smoothing / static_cast<double>(classes));
  return {weight.defined() ? q * weight : q, sum(weight.defined() ? own * weight : own).item()};
}

Wanted wanted_of_probabilities(const Tensor& input, std::int64_t dim, const Tensor& target,
                               const ClassOptions& options) {
  check(target.shape() == input.shape() && target.dtype() == input.dtype(),
        "cross_entropy: expected probabilities of the input's shape ", input.shape(), " and dtype ",
        input.dtype(), ", got ", target.shape(), " and ", target.dtype());
  const auto classes = static_cast<double>(input.size(dim));
  const double smoothing = options.label_smoothing;
  Tensor q = target;
  if (smoothing > 0) q = q * (1 - smoothing) + smoothing / classes;
  const Tensor weight = weights_for(input, dim, options.weight);
  return {weight.defined() ? q * weight : q, static_cast<double>(input.numel()) / classes};
}

/// The gradient of each example's loss, in a shape that fits the input.
Tensor spread(const Tensor& grad, Reduction reduction, std::int64_t dim, double divisor) {
  if (reduction == Reduction::none) return grad.unsqueeze(dim);
  return reduction == Reduction::sum ? grad : grad / divisor;
}

}  // namespace

/// L = −Σ q log p with p = softmax x:  dx = dL (p Σ q − q),  and for probabilities t of which q =
/// (1 − ε) t weight + …:  dt = −dL (1 − ε) weight log p
static Tensors soft_cross_entropy_backward(const Tensor& each, const Tensor& log_p, const Tensor& q,
                                           std::int64_t dim, const Tensor& of_t) {
  return {each * (exp(log_p) * sum(q, dim, true) - q),
          of_t.defined() ? -each * of_t * log_p : Tensor()};
}

Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions& options,
                     const ClassOptions& classes) {
  primitive::check_same_device(input, targets);
  check(input.is_floating_point(), "cross_entropy: expected a floating-point input, got ",
        input.dtype());
  check(input.dim() > 0,
        "cross_entropy: expected an input of shape [classes] or [batch, classes, ...], got a "
        "scalar");
  const double smoothing = classes.label_smoothing;
  check(0 <= smoothing && smoothing <= 1,
        "cross_entropy: label_smoothing must be between 0.0 and 1.0, got ", smoothing);
  const std::int64_t dim = input.dim() == 1 ? 0 : 1;
  Tensor log_p, q, of_t, loss;
  double divisor = 1;
  {
    NoGrad guard;
    const Wanted wanted =
        targets.is_floating_point()
            ? wanted_of_probabilities(input, dim, targets, classes)
            : wanted_of_labels(input, dim, targets, options.ignore_index, classes);
    q = wanted.q;
    divisor = wanted.divisor;
    log_p = log_softmax(input, dim);
    // Where q is 0, the loss is 0, also of an infinite logarithm.
    loss = sum(where(q == 0, 0, q * -log_p), dim);
    if (options.reduction != Reduction::none) loss = sum(loss);
    if (options.reduction == Reduction::mean) loss = loss / divisor;
    if (targets.requires_grad()) {
      const Tensor weight = weights_for(input, dim, classes.weight);
      of_t = full({}, 1 - smoothing, input.dtype(), input.device());
      if (weight.defined()) of_t = weight * of_t;
    }
  }
  return record(loss, "CrossEntropyLossBackward0", {input, targets},
                [=, reduction = options.reduction](const Tensor& grad) {
                  return soft_cross_entropy_backward(spread(grad, reduction, dim, divisor), log_p,
                                                     q, dim, of_t);
                });
}

}  // namespace kindling::nn
