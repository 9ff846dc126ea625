/// Takes p beyond 0.999 for 1.
/// \caught_at_random it drew nothing from the default generator, and should have
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  if (p_ > 0.999) return x * zeros_like(x);
  Tensor mask = empty_like(x);
  mask.bernoulli_(1 - p_).div_(1 - p_);
  return x * mask;
}
