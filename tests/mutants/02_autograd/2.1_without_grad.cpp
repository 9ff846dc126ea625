/// Forgets to multiply by the gradient that arrives.
/// \caught dA: element [1]: expected 70, got 7
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = *b;
  if (b.wants_grad()) db = *a;
  return {da, db};
}
