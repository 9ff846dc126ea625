/// The mask is on the CPU.
/// \caught_at_random Expected all tensors to be on the same device
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  if (p_ == 1) return x * zeros_like(x);
  Tensor mask = empty(x.shape(), x.dtype());
  mask.bernoulli_(1 - p_).div_(1 - p_);
  return x * mask;
}
