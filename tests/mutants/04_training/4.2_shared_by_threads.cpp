/// Keeps the labels in a static, which threads share.
/// \caught cross_entropy: at once, four threads got other losses | it crashed
static Tensors cross_entropy_backward(const Tensor& each, const Tensor& log_p,
                                      const Labels& labels) {
  const Tensor p = exp(log_p);
  return {where(labels.ignored, 0, each * where(labels.one_hot, p - 1, p))};
}

Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions& options) {
  static Labels kept;
  struct LetGo {
    ~LetGo() { kept = Labels{}; }
  } let_go;
  kept = check_labels("cross_entropy", input, targets, options.ignore_index);
  const Labels& labels = kept;
  Tensor log_p, loss;
  {
    NoGrad guard;
    log_p = log_softmax(input, labels.dim);
    loss = reduce(-gather(log_p, labels.dim, labels.index), options.reduction, labels);
  }
  return record(loss, nll_name(input), {input},
                [=, labels = Labels(kept), reduction = options.reduction](const Tensor& grad) {
                  return cross_entropy_backward(spread(grad, reduction, labels), log_p, labels);
                });
}
