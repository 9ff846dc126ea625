/// The formula, word by word.
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = matmul(grad, b->transpose(-2, -1));
  if (b.wants_grad()) db = matmul(a->transpose(-2, -1), grad);
  return {da, db};
}
