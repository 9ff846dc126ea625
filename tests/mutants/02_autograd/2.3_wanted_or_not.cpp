/// Computes both gradients, wanted or not.
/// \caught dB, where B wants none: expected an undefined Tensor
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  return {matmul(grad, b->transpose(-2, -1)), matmul(a->transpose(-2, -1), grad)};
}
