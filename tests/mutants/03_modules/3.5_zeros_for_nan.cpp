/// p = 1 gives zeros, whatever x is.
/// \caught y of Dropout(1), which is x · 0
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  if (p_ == 1) return where(zeros_like(x) == 1, x, zeros_like(x));
  Tensor mask = empty_like(x);
  mask.bernoulli_(1 - p_).div_(1 - p_);
  return x * mask;
}
