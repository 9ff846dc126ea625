/// Does not divide what is left by 1 − p.
/// \caught y where it is not 0: element [
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  if (p_ == 1) return x * zeros_like(x);
  Tensor mask = empty_like(x);
  mask.bernoulli_(1 - p_);
  return x * mask;
}
