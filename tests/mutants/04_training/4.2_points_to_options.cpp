/// Its rule holds a pointer to the options.
/// \caught_at_random backward(dL)
Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions& options) {
  const Labels labels = check_labels("cross_entropy", input, targets, options.ignore_index);
  Tensor log_p, loss;
  {
    NoGrad guard;
    log_p = log_softmax(input, labels.dim);
    loss = reduce(-gather(log_p, labels.dim, labels.index), options.reduction, labels);
  }
  return record(loss, nll_name(input), {input}, [=, &options](const Tensor& grad) {
    return cross_entropy_backward(spread(grad, options.reduction, labels), log_p, labels);
  });
}
