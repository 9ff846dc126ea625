/// Sums dy in float32.
/// \caught_at_random the .grad of
static Tensors log_softmax_backward(const Tensor& grad, const Saved& y, std::int64_t dim) {
  return {grad - exp(*y) * sum(grad.to(float32), dim, true).to(grad.dtype())};
}
