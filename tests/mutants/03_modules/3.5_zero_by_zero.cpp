/// Has no case for p = 1, and divides 0 by 0.
/// \caught y of Dropout(1): element [0]: expected 0, got
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  Tensor mask = empty_like(x);
  mask.bernoulli_(1 - p_).div_(1 - p_);
  return x * mask;
}
