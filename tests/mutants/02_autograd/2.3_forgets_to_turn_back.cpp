/// Where B is transposed, leaves its gradient turned.
/// \caught The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = matmul(grad, b->transpose(-2, -1));
  if (b.wants_grad() && b->is_contiguous()) {
    db = matmul(a->transpose(-2, -1), grad);
  } else if (b.wants_grad()) {
    // The same, laid out as B is: often B is Wᵀ, and the gradient of W, which is row-major, would
    // have to be copied into that order.
    db = matmul(grad.transpose(-2, -1), *a);
  }
  return {da, db};
}
