/// The rule works in memory of its own, in place.
static Tensors cross_entropy_backward(const Tensor& each, const Tensor& log_p,
                                      const Labels& labels) {
  Tensor dx = exp(log_p);
  dx.sub_(labels.one_hot.to(dx.dtype()));
  dx.mul_(where(labels.ignored, 0, each));
  return {where(labels.ignored, zeros_like(dx), dx)};
}

Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions& options) {
  const auto labels = std::make_shared<const Labels>(
      check_labels("cross_entropy", input, targets, options.ignore_index));
  const auto [log_p, loss] = [&] {
    NoGrad guard;
    const Tensor logs = log_softmax(input, labels->dim);
    const Tensor chosen = gather(logs, labels->dim, labels->index);
    return std::pair(logs, reduce(-chosen, options.reduction, *labels));
  }();
  return record(loss, nll_name(input), {input},
                [labels, logs = Saved(log_p), reduction = options.reduction](const Tensor& grad) {
                  return cross_entropy_backward(spread(grad, reduction, *labels), *logs, *labels);
                });
}
