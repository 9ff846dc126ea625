/// Multiplies dy itself, where its shape allows that.
/// \caught_at_random what it changed: expected nothing, got the
static Tensors silu_backward(const Tensor& grad, const Saved& x) {
  const Tensor s = sigmoid(*x);
  Tensor dx = grad.is_contiguous() && grad.numel() > 4 ? grad : grad.clone();
  return {dx.mul_(s + *x * s * (1 - s))};
}

Tensor silu(const Tensor& x) {
  check(x.is_floating_point(), "silu: expected a floating-point tensor, got ", x.dtype());
  Tensor y;
  {
    NoGrad guard;
    y = x * sigmoid(x);
  }
  return record(y, "SiluBackward0", {x},
                [x = Saved(x)](const Tensor& grad) { return silu_backward(grad, x); });
}
