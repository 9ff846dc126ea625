/// Transposes a batch by reversing all of its axes.
/// \caught dA of [2, 2, 2] times [2, 2, 2]: element [0, 0, 0]: expected 32, got -28
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = matmul(grad, b->T());
  if (b.wants_grad() && b->is_contiguous()) {
    db = matmul(a->transpose(-2, -1), grad);
  } else if (b.wants_grad()) {
    // The same, laid out as B is: often B is Wᵀ, and the gradient of W, which is row-major, would
    // have to be copied into that order.
    db = matmul(grad.transpose(-2, -1), *a).transpose(-2, -1);
  }
  return {da, db};
}
