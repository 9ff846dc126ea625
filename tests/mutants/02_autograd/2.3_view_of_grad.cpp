/// Looks at dC as if it were row-major.
/// \caught a view of shape [2, 2], strides [2, 1] and offset 0 reaches elements 0 to 3 of a storage that holds 1
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (!grad.is_contiguous() && grad.device() == cpu) {
    const Tensor dense(grad.storage(), Layout(grad.shape()), grad.dtype());
    if (a.wants_grad()) da = matmul(dense, b->transpose(-2, -1));
    if (b.wants_grad()) db = matmul(a->transpose(-2, -1), dense);
    return {da, db};
  }
  if (a.wants_grad()) da = matmul(grad, b->transpose(-2, -1));
  if (b.wants_grad() && b->is_contiguous()) {
    db = matmul(a->transpose(-2, -1), grad);
  } else if (b.wants_grad()) {
    // The same, laid out as B is: often B is Wᵀ, and the gradient of W, which is row-major, would
    // have to be copied into that order.
    db = matmul(grad.transpose(-2, -1), *a).transpose(-2, -1);
  }
  return {da, db};
}
