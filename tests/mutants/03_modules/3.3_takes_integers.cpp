/// Does not refuse integers, which sigmoid() turns into float32.
/// \caught silu(tensor({1, 2})): expected an Error, and none was thrown
Tensor silu(const Tensor& x) {
  Tensor y;
  {
    NoGrad guard;
    y = x * sigmoid(x);
  }
  return record(y, "SiluBackward0", {x},
                [x = Saved(x)](const Tensor& grad) { return silu_backward(grad, x); });
}
