/// The mask is float32, whatever x is.
/// \caught_at_random (x), in training
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  if (p_ == 1) return x * zeros_like(x);
  Tensor mask = empty(x.shape(), float32, x.device());
  mask.bernoulli_(1 - p_).div_(1 - p_);
  return x * mask;
}
