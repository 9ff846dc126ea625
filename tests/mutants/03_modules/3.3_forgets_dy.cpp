/// Returns the slope, and forgets to multiply it by dy.
/// \caught dx for dy = [2, 10, -10, 0]
static Tensors silu_backward(const Tensor& grad, const Saved& x) {
  const Tensor s = sigmoid(*x);
  return {s + *x * s * (1 - s)};
}
