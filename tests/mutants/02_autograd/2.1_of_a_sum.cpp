/// Passes the gradient on, as the rule of a sum does.
/// \caught dA: element [0]: expected 5, got 1
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = grad;
  if (b.wants_grad()) db = grad;
  return {da, db};
}
