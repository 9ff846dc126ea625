/// Keeps the logits, and computes log p of them once more on the way back.
static Tensors cross_entropy_backward(const Tensor& each, const Tensor& log_p,
                                      const Labels& labels) {
  const Tensor p = exp(log_p);
  const Tensor dl = where(labels.ignored, 0, each);
  return {where(labels.ignored, 0, where(labels.one_hot, dl * (p - 1), dl * p))};
}

Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions& options) {
  const Labels labels = check_labels("cross_entropy", input, targets, options.ignore_index);
  Tensor loss;
  {
    NoGrad guard;
    loss = reduce(gather(-log_softmax(input, labels.dim), labels.dim, labels.index),
                  options.reduction, labels);
  }
  return record(loss, nll_name(input), {input},
                [=, x = Saved(input), reduction = options.reduction](const Tensor& grad) {
                  NoGrad guard;
                  return cross_entropy_backward(spread(grad, reduction, labels),
                                                log_softmax(*x, labels.dim), labels);
                });
}
