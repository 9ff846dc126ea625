/// Hands dL on as it is: not divided by the number of examples, not shaped like the losses.
/// \caught dx of the mean, dL = 1: element [0, 0]
Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions& options) {
  const Labels labels = check_labels("cross_entropy", input, targets, options.ignore_index);
  Tensor log_p, loss;
  {
    NoGrad guard;
    log_p = log_softmax(input, labels.dim);
    loss = reduce(-gather(log_p, labels.dim, labels.index), options.reduction, labels);
  }
  return record(loss, nll_name(input), {input},
                [=](const Tensor& grad) { return cross_entropy_backward(grad, log_p, labels); });
}
