/// Draws from a generator of its own that starts again at each call.
/// \caught two calls in training dropped the same elements
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  if (p_ == 1) return x * zeros_like(x);
  Generator generator(1);
  Tensor mask = empty_like(x);
  mask.bernoulli_(1 - p_, generator).div_(1 - p_);
  return x * mask;
}
