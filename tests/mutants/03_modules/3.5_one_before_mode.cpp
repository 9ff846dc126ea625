/// Looks at p = 1 before it looks at the mode.
/// \caught_at_random (x), in evaluation
Tensor Dropout::forward(const Tensor& x) {
  if (p_ == 1) return x * zeros_like(x);
  if (!is_training() || p_ == 0) return x;
  Tensor mask = empty_like(x);
  mask.bernoulli_(1 - p_).div_(1 - p_);
  return x * mask;
}
