/// Records nothing for what was computed itself.
/// \caught_at_random silu(x), whether it requires gradients: expected true, got false
static Tensors silu_backward(const Tensor& grad, const Saved& x) {
  const Tensor s = sigmoid(*x);
  return {grad * (s + *x * s * (1 - s))};
}

Tensor silu(const Tensor& x) {
  check(x.is_floating_point(), "silu: expected a floating-point tensor, got ", x.dtype());
  Tensor y;
  {
    NoGrad guard;
    y = x * sigmoid(x);
  }
  if (!x.is_leaf()) return y;
  return record(y, "SiluBackward0", {x},
                [x = Saved(x)](const Tensor& grad) { return silu_backward(grad, x); });
}
