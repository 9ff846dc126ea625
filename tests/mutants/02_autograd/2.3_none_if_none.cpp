/// Returns an empty list if neither A nor B wants a gradient.
/// \caught expects an index below its size()
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (!a.wants_grad() && !b.wants_grad()) return {};
  if (a.wants_grad()) da = matmul(grad, b->transpose(-2, -1));
  if (b.wants_grad()) db = matmul(a->transpose(-2, -1), grad);
  return {da, db};
}
