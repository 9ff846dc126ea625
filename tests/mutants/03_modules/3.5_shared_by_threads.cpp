#include <utility>

/// Draws into a static, which threads share.
/// \caught_at_random whether four threads, from the same seed | it crashed
Tensor Dropout::forward(const Tensor& x) {
  if (!is_training() || p_ == 0) return x;
  if (p_ == 1) return x * zeros_like(x);
  static Tensor shared;
  shared = empty_like(x);
  shared.bernoulli_(1 - p_).div_(1 - p_);
  const Tensor mask = std::exchange(shared, Tensor());
  return x * mask;
}
