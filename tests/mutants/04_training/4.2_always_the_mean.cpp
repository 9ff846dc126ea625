/// Ignores the reduction.
/// \caught the sum: element []
Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions& options) {
  const Labels labels = check_labels("cross_entropy", input, targets, options.ignore_index);
  Tensor log_p, loss;
  {
    NoGrad guard;
    log_p = log_softmax(input, labels.dim);
    loss = reduce(-gather(log_p, labels.dim, labels.index), Reduction::mean, labels);
  }
  return record(loss, nll_name(input), {input}, [=](const Tensor& grad) {
    return cross_entropy_backward(spread(grad, Reduction::mean, labels), log_p, labels);
  });
}
