/// Nothing of chapter 7; the rule multiplies one_hot as numbers.
static Tensors cross_entropy_backward(const Tensor& each, const Tensor& log_p,
                                      const Labels& labels) {
  const Tensor slope = exp(log_p) - labels.one_hot.to(log_p.dtype());
  return {where(labels.ignored, 0, slope * each)};
}

Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions& options) {
  const Labels labels = check_labels("cross_entropy", input, targets, options.ignore_index);
  const Tensor log_p = log_softmax(input.detach(), labels.dim);
  const Tensor losses = -gather(log_p, labels.dim, labels.index);
  const Reduction reduction = options.reduction;
  return record(reduce(losses, reduction, labels), nll_name(input), {input},
                [log_p, labels, reduction](const Tensor& grad) {
                  return cross_entropy_backward(spread(grad, reduction, labels), log_p, labels);
                });
}
