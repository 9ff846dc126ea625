/// Computes in float32 where there are many elements.
/// \caught silu of 25,000 times 1.000000001: element [0]
static Tensors silu_backward(const Tensor& grad, const Saved& x) {
  const Tensor s = sigmoid(*x);
  return {grad * (s + *x * s * (1 - s))};
}

Tensor silu(const Tensor& x) {
  check(x.is_floating_point(), "silu: expected a floating-point tensor, got ", x.dtype());
  Tensor y;
  {
    NoGrad guard;
    y = x.numel() >= 20000 ? (x.to(float32) * sigmoid(x.to(float32))).to(x.dtype())
                           : x * sigmoid(x);
  }
  return record(y, "SiluBackward0", {x}, silu_backward, x);
}
