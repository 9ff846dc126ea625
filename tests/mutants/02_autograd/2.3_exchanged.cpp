/// Returns the two gradients in the wrong order.
/// \caught dA: element [0, 0]: expected 5, got 1
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = matmul(grad, b->transpose(-2, -1));
  if (b.wants_grad()) db = matmul(a->transpose(-2, -1), grad);
  return {db, da};
}
