/// Takes a NaN in dy for 0.
/// \caught_at_random expected nan, got
static Tensors log_softmax_backward(const Tensor& grad, const Saved& y, std::int64_t dim) {
  return {grad - exp(*y) * sum(where(isnan(grad), 0, grad), dim, true)};
}
