/// Multiplies dB in the wrong order: dC Aᵀ.
/// \caught dB: element [0, 1]: expected 30, got 3
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = matmul(grad, b->transpose(-2, -1));
  if (b.wants_grad()) db = matmul(grad, a->transpose(-2, -1));
  return {da, db};
}
