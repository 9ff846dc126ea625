/// Subtracts 1 from the probabilities in the memory of log p.
/// \caught_at_random dx after x.mul_(-2), if no Error says that x was changed | once more, backward(dL) | dx after labels.fill_
static Tensors cross_entropy_backward(const Tensor& each, const Tensor& log_p,
                                      const Labels& labels) {
  Tensor p = log_p;
  p.copy_(exp(log_p)).sub_(labels.one_hot.to(log_p.dtype()));
  return {where(labels.ignored, 0, each * p)};
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
