/// Looks at the labels when it goes back, which may have changed by then.
/// \caught_at_random dx after labels.fill_(0)
Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions& options) {
  const Labels labels = check_labels("cross_entropy", input, targets, options.ignore_index);
  Tensor log_p, loss;
  {
    NoGrad guard;
    log_p = log_softmax(input, labels.dim);
    loss = reduce(-gather(log_p, labels.dim, labels.index), options.reduction, labels);
  }
  return record(loss, nll_name(input), {input}, [=](const Tensor& grad) {
    const Labels now = check_labels("cross_entropy", input.detach(), targets, options.ignore_index);
    return cross_entropy_backward(spread(grad, options.reduction, now), log_p, now);
  });
}
