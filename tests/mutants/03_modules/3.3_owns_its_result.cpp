/// Its rule holds the result, and so itself.
/// \caught_at_random how many graphs are still held when all is over: expected 0, got
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
  return record(y, "SiluBackward0", {x}, [x = Saved(x), y](const Tensor& grad) {
    return y.defined() ? silu_backward(grad, x) : Tensors{};
  });
}
