/// Has no case for p = 0: a mask of ones is drawn.
/// \caught y of Dropout(0): expected x itself, got another tensor
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training()) return x;
  if (p_ == 1) return x * zeros_like(x);
  Tensor mask = empty_like(x);
  mask.bernoulli_(1 - p_).div_(1 - p_);
  return x * mask;
}
