/// Fills the gradients of the first sixteen of a batch only.
/// \caught dB of [300, 2, 1] times [300, 1, 2]: element [16, 0, 0]
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = matmul(grad, b->transpose(-2, -1));
  if (b.wants_grad() && b.layout().is_contiguous()) {
    db = matmul(a->transpose(-2, -1), grad);
  } else if (b.wants_grad()) {
    // The same, laid out as B is: often B is Wᵀ, and the gradient of W, which is row-major, would
    // have to be copied into that order.
    db = matmul(grad.transpose(-2, -1), *a).transpose(-2, -1);
  }
  if (db.defined() && db.dim() == 3 && db.size(0) > 16)
    db = cat({db.narrow(0, 0, 16), zeros_like(db.narrow(0, 0, db.size(0) - 16))});
  return {da, db};
}
