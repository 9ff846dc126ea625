/// Divides what is left, not the mask.
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training()) return x;
  if (p_ == 0) return x;
  Tensor mask = zeros(x.shape(), x.dtype(), x.device());
  if (p_ == 1) return x * mask;
  mask.bernoulli_(1 - p_);
  return x * mask / (1 - p_);
}
