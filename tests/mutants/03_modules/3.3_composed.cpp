/// Leaves it to autograd: two operations are recorded.
/// \caught expected SiluBackward0, got MulBackward0
Tensor silu(const Tensor& x) {
  check(x.is_floating_point(), "silu: expected a floating-point tensor, got ", x.dtype());
  return x * sigmoid(x);
}
