/// Keeps the last y alive.
/// \caught_at_random are still held when all is over
static Tensors tanh_backward(const Tensor& grad, const Saved& y) {
  static Tensor last;
  last = *y;
  return {grad * (1 - last * last)};
}
