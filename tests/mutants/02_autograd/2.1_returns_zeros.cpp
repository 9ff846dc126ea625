/// Gives an input that wants none a gradient of zeros.
/// \caught dB, where B wants none: expected an undefined Tensor
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da = zeros_like(*a), db = zeros_like(*b);
  if (a.wants_grad()) da = grad * *b;
  if (b.wants_grad()) db = grad * *a;
  return {da, db};
}
