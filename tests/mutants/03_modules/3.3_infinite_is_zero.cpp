/// Takes a result that is NaN for 0.
/// \caught_at_random expected nan, got 0
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
    y = where(y == y, y, 0);
  }
  return record(y, "SiluBackward0", {x},
                [x = Saved(x)](const Tensor& grad) { return silu_backward(grad, x); });
}
