#include <utility>

/// Keeps the probabilities in a static, which threads share.
/// \caught_at_random whether four threads get of its rule | it crashed
static Tensors log_softmax_backward(const Tensor& grad, const Saved& y, std::int64_t dim) {
  static Tensor p;
  p = exp(*y);
  return {grad - std::exchange(p, Tensor()) * sum(grad, dim, true)};
}
