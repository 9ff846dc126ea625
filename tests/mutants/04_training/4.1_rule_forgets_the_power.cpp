/// Multiplies the sum of dy by y, not by eʸ.
/// \caught dx for dy = [1, 0]: element [0]: expected 0.5
static Tensors log_softmax_backward(const Tensor& grad, const Saved& y, std::int64_t dim) {
  return {grad - *y * sum(grad, dim, true)};
}
