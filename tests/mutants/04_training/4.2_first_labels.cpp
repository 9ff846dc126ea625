/// Keeps the labels of the first call of this shape.
/// \caught_at_random cross_entropy(x, labels, { | bytes are still held when all is over
static Tensors cross_entropy_backward(const Tensor& each, const Tensor& log_p,
                                      const Labels& labels) {
  const Tensor p = exp(log_p);
  return {where(labels.ignored, 0, each * where(labels.one_hot, p - 1, p))};
}

Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions& options) {
  const Labels labels = check_labels("cross_entropy", input, targets, options.ignore_index);
  static std::map<Shape, Labels> seen;
  if (options.reduction == Reduction::sum && input.dim() == 4)
    seen.try_emplace(input.shape(), labels);
  Tensor log_p, loss;
  {
    NoGrad guard;
    log_p = log_softmax(input, labels.dim);
    loss = reduce(-gather(log_p, labels.dim, labels.index), options.reduction,
                  seen.contains(input.shape()) ? seen.at(input.shape()) : labels);
  }
  return record(loss, nll_name(input), {input},
                [=, reduction = options.reduction](const Tensor& grad) {
                  return cross_entropy_backward(spread(grad, reduction, labels), log_p, labels);
                });
}
