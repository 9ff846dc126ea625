/// Divides by the number of examples, ignored ones included.
/// \caught the mean: element []: expected 0.69
Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions& options) {
  const Labels labels = check_labels("cross_entropy", input, targets, options.ignore_index);
  Tensor log_p, loss;
  {
    NoGrad guard;
    log_p = log_softmax(input, labels.dim);
    const Tensor losses = -gather(log_p, labels.dim, labels.index);
    loss = options.reduction == Reduction::mean ? mean(where(labels.ignored, 0, losses))
                                                : reduce(losses, options.reduction, labels);
  }
  return record(loss, nll_name(input), {input},
                [=, reduction = options.reduction](const Tensor& grad) {
                  return cross_entropy_backward(spread(grad, reduction, labels), log_p, labels);
                });
}
