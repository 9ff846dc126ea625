/// Divides by a float.
/// \caught_at_random (x), in training
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  if (p_ == 1) return x * zeros_like(x);
  Tensor mask = empty_like(x);
  mask.bernoulli_(1 - p_).div_(static_cast<float>(1 - p_));
  return x * mask;
}
