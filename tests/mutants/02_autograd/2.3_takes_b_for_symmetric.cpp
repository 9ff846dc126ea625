/// Takes a square B for its own transpose, if its first row is its first column.
/// \caught dA: element [0, 1]: expected 652, got 952
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) {
    bool sym = b->dim() == 2 && b->size(0) == b->size(1) && b->size(0) > 1;
    if (sym && all(b->select(0, 0) == b->select(1, 0)).item<bool>())
      da = matmul(grad, *b);
    else
      da = matmul(grad, b->transpose(-2, -1));
  }
  if (b.wants_grad()) db = matmul(a->transpose(-2, -1), grad);
  return {da, db};
}
