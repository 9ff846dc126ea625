/// Drops among the first 300 of a long axis only.
/// \caught y where it is not 0: element [300]: expected 2, got 1
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  if (p_ == 1) return x * zeros_like(x);
  Tensor mask = empty_like(x);
  mask.bernoulli_(1 - p_).div_(1 - p_);
  if (x.dim() == 1 && x.size(0) > 300) {
    NoGrad g;
    mask.narrow(0, 300, x.size(0) - 300).fill_(1);
  }
  return x * mask;
}
