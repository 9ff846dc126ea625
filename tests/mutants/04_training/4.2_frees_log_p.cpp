/// Gives log p away at the first backward(), though the graph may be kept.
/// \caught_at_random appears to not have been used in the graph | once more, backward(dL) | after backward(dL)
static Tensors cross_entropy_backward(const Tensor& each, const Tensor& log_p,
                                      const Labels& labels) {
  const Tensor p = exp(log_p);
  return {where(labels.ignored, 0, each * where(labels.one_hot, p - 1, p))};
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
                [=, reduction = options.reduction](const Tensor& grad) mutable {
                  const Tensor last = std::exchange(log_p, Tensor());
                  if (!last.defined()) return Tensors{Tensor()};
                  return cross_entropy_backward(spread(grad, reduction, labels), last, labels);
                });
}
