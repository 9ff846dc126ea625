/// Computes on the CPU, and leaves the gradient there.
/// \caught_at_random where it is: expected cuda:0, got cpu
static Tensors tanh_backward(const Tensor& grad, const Saved& y) {
  const Tensor s = y->to(cpu);
  return {grad.to(cpu) * (1 - s * s)};
}
