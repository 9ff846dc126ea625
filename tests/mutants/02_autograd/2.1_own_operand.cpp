/// Multiplies by the operand itself instead of by the other one.
/// \caught dA: element [0]: expected 5, got 2
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = grad * *a;
  if (b.wants_grad()) db = grad * *b;
  return {da, db};
}
