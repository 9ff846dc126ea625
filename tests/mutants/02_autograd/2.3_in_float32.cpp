/// Computes in float32.
/// \caught dA of [1, 300, 2] times [1, 2, 3]: element [0, 1, 0]: expected 38000038, got 38000036
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad())
    da = matmul(grad.to(float32), b->to(float32).transpose(-2, -1)).to(grad.dtype());
  if (b.wants_grad() && b->is_contiguous()) {
    db = matmul(a->transpose(-2, -1), grad);
  } else if (b.wants_grad()) {
    // The same, laid out as B is: often B is Wᵀ, and the gradient of W, which is row-major, would
    // have to be copied into that order.
    db = matmul(grad.transpose(-2, -1), *a).transpose(-2, -1);
  }
  return {da, db};
}
