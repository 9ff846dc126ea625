/// Forgets p: the gradient of nll_loss, as if log_p were the input.
/// \caught dx for label 0: element [0, 0]: expected -0.5, got -1
static Tensors cross_entropy_backward(const Tensor& each, const Tensor& log_p,
                                      const Labels& labels) {
  return {where(labels.ignored, 0, where(labels.one_hot, -each, 0 * log_p))};
}
