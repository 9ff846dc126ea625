/// Keeps the probability as a float.
/// \caught_at_random ?
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  if (p_ == 1) return x * zeros_like(x);
  Tensor mask = empty_like(x);
  const float kept = static_cast<float>(1 - p_);
  mask.bernoulli_(kept).mul_(1 / kept);
  return x * mask;
}
