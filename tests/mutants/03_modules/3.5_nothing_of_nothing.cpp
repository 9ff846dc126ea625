/// Gives x itself back if it is empty.
/// \caught_at_random whether it requires gradients: expected false, got true | whether x itself came out: expected false, got true
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0 || x.numel() == 0) return x;
  if (p_ == 1) return x * zeros_like(x);
  Tensor mask = empty_like(x);
  mask.bernoulli_(1 - p_).div_(1 - p_);
  return x * mask;
}
