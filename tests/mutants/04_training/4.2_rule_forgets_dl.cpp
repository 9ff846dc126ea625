/// Forgets to multiply by dL.
/// \caught dx of the mean, dL = 1: element [0, 0]: expected -0.25, got -0.5
static Tensors cross_entropy_backward(const Tensor& each, const Tensor& log_p,
                                      const Labels& labels) {
  const Tensor p = exp(log_p);
  return {where(labels.ignored, 0, where(labels.one_hot, p - 1, p))};
}
