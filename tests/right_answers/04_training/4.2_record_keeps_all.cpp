/// Nothing is captured: record() keeps what the rule needs, log_p as Saved.
Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions& options) {
  const Labels labels = check_labels("cross_entropy", input, targets, options.ignore_index);
  Tensor log_p, loss;
  {
    NoGrad guard;
    log_p = log_softmax(input, labels.dim);
    loss = reduce(-gather(log_p, labels.dim, labels.index), options.reduction, labels);
  }
  const auto rule = [](const Tensor& grad, const Saved& log_p, const Labels& labels,
                       Reduction reduction) {
    return cross_entropy_backward(spread(grad, reduction, labels), *log_p, labels);
  };
  return record(loss, nll_name(input), {input}, rule, log_p, labels, options.reduction);
}
