/// Saves a copy of a large x: nobody notices that x was changed.
/// \caught backward() after x.mul_(10): expected an Error, and none was thrown
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
  return record(y, "SiluBackward0", {x}, silu_backward, x.numel() > 5000 ? x.detach().clone() : x);
}
