/// Compares uniform random numbers with p: a right mask, but not that of bernoulli_, which draws
/// others.
/// \caught element
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  if (p_ == 1) return x * zeros_like(x);
  const Tensor mask = (rand(x.shape()) >= p_).to(x.dtype()) / (1 - p_);
  return x * mask;
}
