/// Computes both gradients, wanted or not.
/// \caught dB, where B wants none: expected an undefined Tensor
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  return {grad * *b, grad * *a};
}
