/// Exchanges axes 0 and 1, which are the wrong ones of a batch.
/// \caught times [2, 2, 2]: element
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = matmul(grad, b->transpose(0, 1));
  if (b.wants_grad()) db = matmul(a->transpose(0, 1), grad);
  return {da, db};
}
