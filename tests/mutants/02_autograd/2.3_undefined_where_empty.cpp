/// Returns nothing for an operand without elements.
/// \caught dA of [2, 0] times [0, 3]: expected a tensor of shape [2, 0], got an undefined one
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
  if (da.defined() && da.numel() == 0) da = Tensor();
  return {da, db};
}
