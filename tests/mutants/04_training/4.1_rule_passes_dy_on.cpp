/// Forgets the sum: right only where dy sums to 0.
/// \caught dx for dy = [1, 0]: element [0]: expected 0.5, got 1
static Tensors log_softmax_backward(const Tensor& grad, const Saved& y, std::int64_t dim) {
  return {grad};
}
