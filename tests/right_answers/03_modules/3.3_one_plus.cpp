/// dx = dy σ(x) (1 + x (1 − σ(x))), and y = x / (1 + e⁻ˣ).
static Tensors silu_backward(const Tensor& grad, const Saved& x) {
  const Tensor s = 1 / (1 + exp(-*x));
  return {grad * s * (1 + *x * (1 - s))};
}

Tensor silu(const Tensor& x) {
  if (!x.is_floating_point()) fail("silu: expected a floating-point tensor, got ", x.dtype());
  const auto compute = [&x] {
    NoGrad guard;
    return x / (1 + exp(-x));
  };
  return record(compute(), "SiluBackward0", {x},
                [x = Saved(x)](const Tensor& grad) { return silu_backward(grad, x); });
}
