/// Computes on the CPU, and leaves the gradients there.
/// \caught_at_random where it is: expected cuda:0, got cpu | expected device cuda:0 but got cpu
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = matmul(grad.to(cpu), b->to(cpu).transpose(-2, -1));
  if (b.wants_grad() && b->is_contiguous()) {
    db = matmul(a->transpose(-2, -1), grad);
  } else if (b.wants_grad()) {
    // The same, laid out as B is: often B is Wᵀ, and the gradient of W, which is row-major, would
    // have to be copied into that order.
    db = matmul(grad.transpose(-2, -1), *a).transpose(-2, -1);
  }
  return {da, db};
}
