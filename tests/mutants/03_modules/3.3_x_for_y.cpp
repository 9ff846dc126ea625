/// Writes x where the formula has y.
/// \caught dx for dy = 1: element [1]
static Tensors silu_backward(const Tensor& grad, const Saved& x) {
  const Tensor s = sigmoid(*x);
  return {grad * (s + *x * (1 - s))};
}
