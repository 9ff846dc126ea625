/// Drops in place what was computed for it.
/// \caught_at_random what it changed: expected nothing, got the
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  if (p_ == 1) return x * zeros_like(x);
  Tensor mask = empty_like(x);
  mask.bernoulli_(1 - p_).div_(1 - p_);
  if (!x.is_leaf()) {
    NoGrad guard;
    Tensor(x).mul_(mask);
    mask.copy_(mask != 0);
  }
  return x * mask;
}
