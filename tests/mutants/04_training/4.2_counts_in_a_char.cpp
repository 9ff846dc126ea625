/// Counts labels in a signed char.
/// \caught dx of 3000 examples
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
                  Labels l = labels;
                  l.count = static_cast<signed char>(l.count);
                  return cross_entropy_backward(spread(grad, reduction, l), log_p, l);
                });
}
