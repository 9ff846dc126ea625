/// Saves x when backward() asks for it: a change in between goes unnoticed.
/// \caught backward() after x.mul_(10): expected an Error, and none was thrown
Tensor silu(const Tensor& x) {
  check(x.is_floating_point(), "silu: expected a floating-point tensor, got ", x.dtype());
  Tensor y;
  {
    NoGrad guard;
    y = x * sigmoid(x);
  }
  return record(y, "SiluBackward0", {x},
                [x](const Tensor& grad) { return silu_backward(grad, Saved(x)); });
}
