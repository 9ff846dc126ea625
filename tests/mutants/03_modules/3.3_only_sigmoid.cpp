/// Returns σ(x).
/// \caught silu(x): element [0]: expected 0, got 0.5
Tensor silu(const Tensor& x) {
  check(x.is_floating_point(), "silu: expected a floating-point tensor, got ", x.dtype());
  Tensor y;
  {
    NoGrad guard;
    y = sigmoid(x);
  }
  return record(y, "SiluBackward0", {x}, silu_backward, x);
}
