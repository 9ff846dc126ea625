/// Transposes with T(), which reverses all axes of a batch.
/// \caught times [2, 2, 2]: element
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = matmul(grad, b->T());
  if (b.wants_grad()) db = matmul(a->T(), grad);
  return {da, db};
}
