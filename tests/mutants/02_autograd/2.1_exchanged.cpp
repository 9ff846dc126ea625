/// Returns the two gradients in the wrong order.
/// \caught dA: element [0]: expected 5, got 2
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = grad * *b;
  if (b.wants_grad()) db = grad * *a;
  return {db, da};
}
