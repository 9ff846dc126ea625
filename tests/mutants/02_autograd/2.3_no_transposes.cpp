/// Forgets the transposes: right only for symmetric matrices.
/// \caught dA: element [0, 1]: expected 7, got 6
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = matmul(grad, *b);
  if (b.wants_grad()) db = matmul(*a, grad);
  return {da, db};
}
