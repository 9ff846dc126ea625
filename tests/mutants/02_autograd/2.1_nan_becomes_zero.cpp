/// Takes a NaN in dy for 0.
/// \caught_at_random expected nan, got
static Tensors tanh_backward(const Tensor& grad, const Saved& y) {
  return {primitive::zip(TanhBackward{}, where(isnan(grad), 0, grad), *y)};
}
