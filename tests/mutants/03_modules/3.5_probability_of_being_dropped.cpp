/// Takes p for the probability of being kept.
/// \caught are kept, got
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  if (p_ == 1) return x * zeros_like(x);
  Tensor mask = empty_like(x);
  mask.bernoulli_(p_).div_(1 - p_);
  return x * mask;
}
