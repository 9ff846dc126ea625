/// Forgets evaluation mode.
/// \caught y: element [0]: expected 1, got 1.33
Tensor Dropout::forward(const Tensor& x) {
  if (p_ == 0) return x;
  if (p_ == 1) return x * zeros_like(x);
  Tensor mask = empty_like(x);
  mask.bernoulli_(1 - p_).div_(1 - p_);
  return x * mask;
}
