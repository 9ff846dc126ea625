/// Forgets to keep the axis, so that the sums stand in the wrong place.
/// \caught cannot broadcast [2, 4] with [2]
static Tensors log_softmax_backward(const Tensor& grad, const Saved& y, std::int64_t dim) {
  return {grad - exp(*y) * sum(grad, dim)};
}
