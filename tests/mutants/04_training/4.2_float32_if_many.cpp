/// Has the loss of more than a thousand labels in float32.
/// \caught the mean of 3000 losses
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
    if (labels.count > 1000) loss = loss.to(float32).to(input.dtype());
  }
  return record(loss, nll_name(input), {input},
                [=, reduction = options.reduction](const Tensor& grad) {
                  return cross_entropy_backward(spread(grad, reduction, labels), log_p, labels);
                });
}
