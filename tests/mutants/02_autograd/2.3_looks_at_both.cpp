/// Looks at both operands, though of the one that is not needed the elements may have changed.
/// \caught_at_random modified by an inplace operation
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  const Tensor &left = *a, &right = *b;
  (void)left;
  (void)right;
  if (a.wants_grad()) da = matmul(grad, b->transpose(-2, -1));
  if (b.wants_grad() && b.layout().is_contiguous()) {
    db = matmul(a->transpose(-2, -1), grad);
  } else if (b.wants_grad()) {
    // The same, laid out as B is: often B is Wᵀ, and the gradient of W, which is row-major, would
    // have to be copied into that order.
    db = matmul(grad.transpose(-2, -1), *a).transpose(-2, -1);
  }
  return {da, db};
}
