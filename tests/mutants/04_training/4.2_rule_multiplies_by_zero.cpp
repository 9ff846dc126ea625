/// Multiplies ignored examples by 0, and ∞ · 0 is NaN.
/// \caught dx of the mean: element [
static Tensors cross_entropy_backward(const Tensor& each, const Tensor& log_p,
                                      const Labels& labels) {
  const Tensor p = exp(log_p);
  return {each * where(labels.one_hot, p - 1, p) * logical_not(labels.ignored)};
}
