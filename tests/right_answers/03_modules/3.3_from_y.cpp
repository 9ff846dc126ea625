/// σ(x) and y once more, then y − σ(x) y + σ(x).
static Tensors silu_backward(const Tensor& grad, const Saved& x) {
  const Tensor s = sigmoid(*x), y = *x * s;
  Tensor slope = y - s * y;
  slope.add_(s);
  return {slope.mul_(grad)};
}

Tensor silu(const Tensor& x) {
  check(is_floating_point(x.dtype()), "silu: expected a floating-point tensor, got ", x.dtype());
  Tensor y;
  if (NoGrad guard; true) y = sigmoid(x).mul_(x);
  if (!is_recorded(y, {x})) return y;
  return record(y, "SiluBackward0", {x},
                [saved = Saved(x)](const Tensor& grad) { return silu_backward(grad, saved); });
}
