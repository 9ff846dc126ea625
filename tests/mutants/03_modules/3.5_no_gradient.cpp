/// Multiplies under a NoGrad guard: no gradient ever flows back.
/// \caught y is not part of the graph: no gradient would flow to x
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  if (p_ == 1) return x * zeros_like(x);
  NoGrad guard;
  Tensor mask = empty_like(x);
  mask.bernoulli_(1 - p_).div_(1 - p_);
  return x * mask;
}
