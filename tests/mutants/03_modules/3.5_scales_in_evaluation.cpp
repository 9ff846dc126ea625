/// The dropout of old: nothing is divided in training, and all is multiplied by 1 − p in
/// evaluation.
/// \caught y where it is not 0: element [0]: expected 2, got 1
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training()) return x * (1 - p_);
  if (p_ == 0) return x;
  if (p_ == 1) return x * zeros_like(x);
  Tensor mask = empty_like(x);
  mask.bernoulli_(1 - p_);
  return x * mask;
}
