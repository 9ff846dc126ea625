/// Computes the slope in the first backward() and multiplies it in place in each.
/// \caught_at_random once more: element [
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
  return record(y, "SiluBackward0", {x}, [x = Saved(x), dx = Tensor()](const Tensor& grad) mutable {
    if (!dx.defined()) dx = silu_backward(ones_like(grad), x)[0];
    return Tensors{dx.mul_(grad)};
  });
}
