/// Fills the gradients of the first three of a batch only.
/// \caught dA of [5, 2, 3] times [5, 3, 4]: element [3, 0, 0]: expected 2, got 0
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = matmul(grad, b->transpose(-2, -1));
  if (b.wants_grad() && b->is_contiguous()) {
    db = matmul(a->transpose(-2, -1), grad);
  } else if (b.wants_grad()) {
    // The same, laid out as B is: often B is Wᵀ, and the gradient of W, which is row-major, would
    // have to be copied into that order.
    db = matmul(grad.transpose(-2, -1), *a).transpose(-2, -1);
  }
  if (da.defined() && da.dim() == 3 && da.size(0) > 3) {
    da = da.contiguous();
    da.narrow(0, 3, da.size(0) - 3).zero_();
  }
  return {da, db};
}
