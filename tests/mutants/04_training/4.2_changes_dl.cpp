/// Changes the gradient that it is given.
/// \caught_at_random what it changed: expected nothing, got the
static Tensors cross_entropy_backward(const Tensor& each, const Tensor& log_p,
                                      const Labels& labels) {
  const Tensor p = exp(log_p);
  Tensor dl = each;
  const Tensor slope = where(labels.one_hot, p - 1, p);
  if (dl.shape() == slope.shape()) return {where(labels.ignored, 0, dl.mul_(slope))};
  return {where(labels.ignored, 0, dl * slope)};
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
                [=, reduction = options.reduction](const Tensor& grad) {
                  return cross_entropy_backward(spread(grad, reduction, labels), log_p, labels);
                });
}
