/// Gives an empty x back as it is.
/// \caught_at_random silu(x), how it was recorded: | whether it requires gradients: expected false, got true
static Tensors silu_backward(const Tensor& grad, const Saved& x) {
  const Tensor s = sigmoid(*x);
  return {grad * (s + *x * s * (1 - s))};
}

Tensor silu(const Tensor& x) {
  check(x.is_floating_point(), "silu: expected a floating-point tensor, got ", x.dtype());
  if (x.numel() == 0) return x;
  Tensor y;
  {
    NoGrad guard;
    y = x * sigmoid(x);
  }
  return record(y, "SiluBackward0", {x},
                [x = Saved(x)](const Tensor& grad) { return silu_backward(grad, x); });
}
