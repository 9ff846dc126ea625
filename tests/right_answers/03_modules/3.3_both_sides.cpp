/// 1 − σ(x) is σ(−x).
static Tensors silu_backward(const Tensor& grad, const Saved& x) {
  const Tensor& input = *x;
  return {(sigmoid(input) + input * sigmoid(input) * sigmoid(-input)) * grad};
}

Tensor silu(const Tensor& x) {
  check(x.is_floating_point(), "silu: expected a floating-point tensor, got ", x.dtype());
  const Tensor input = x.detach();
  return record(input * sigmoid(input), "SiluBackward0", {x},
                [x = Saved(x)](const Tensor& grad) { return silu_backward(grad, x); });
}
