/// one_hot − p: the way up.
/// \caught dx for label 0: element [0, 0]: expected -0.5, got 0.5
static Tensors cross_entropy_backward(const Tensor& each, const Tensor& log_p,
                                      const Labels& labels) {
  const Tensor p = exp(log_p);
  return {where(labels.ignored, 0, each * where(labels.one_hot, 1 - p, -p))};
}
