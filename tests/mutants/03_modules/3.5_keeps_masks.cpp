/// Keeps every mask.
/// \caught_at_random bytes are still held when all is over
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  if (p_ == 1) return x * zeros_like(x);
  Tensor mask = empty_like(x);
  mask.bernoulli_(1 - p_).div_(1 - p_);
  static Tensors masks;
  masks.push_back(mask);
  return x * mask;
}
