/// Computes both gradients of large operands, though one is not wanted.
/// \caught dB of [400, 400] times [400, 400], where B wants none: expected an undefined Tensor
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (grad.numel() > 100000) return {grad * *b, grad * *a};
  if (a.wants_grad()) da = grad * *b;
  if (b.wants_grad()) db = grad * *a;
  return {da, db};
}
static Tensors tanh_backward(const Tensor& grad, const Saved& y) {
  return {primitive::zip(TanhBackward{}, grad, *y)};
}
