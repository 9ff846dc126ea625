/// Thinks that a label that is all but certain has no gradient.
/// \caught dx for label 0: element [0]: expected
static Tensors cross_entropy_backward(const Tensor& each, const Tensor& log_p,
                                      const Labels& labels) {
  const Tensor p = exp(log_p);
  return {where(labels.ignored, 0, each * where(labels.one_hot, where(p > 1 - 1e-7, 0, p - 1), p))};
}

Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions& options) {
  const Labels labels = check_labels("cross_entropy", input, targets, options.ignore_index);
  Tensor log_p, loss;
  {
    NoGrad guard;
    log_p = log_softmax(input, labels.dim);
    loss = reduce(-gather(log_p, labels.dim, labels.index), options.reduction, labels);
  }
  return record(loss, nll_name(input), {input},
                [=, reduction = options.reduction](const Tensor& grad) {
                  return cross_entropy_backward(spread(grad, reduction, labels), log_p, labels);
                });
}
