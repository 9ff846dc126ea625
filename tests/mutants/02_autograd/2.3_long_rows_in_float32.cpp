/// Computes in float32 where the sums of dA are long.
/// \caught dA of [1, 2, 3] times [1, 3, 700]
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad())
    da = b->size(-1) > 512
             ? matmul(grad.to(float32), b->transpose(-2, -1).to(float32)).to(a->dtype())
             : matmul(grad, b->transpose(-2, -1));
  if (b.wants_grad()) db = matmul(a->transpose(-2, -1), grad);
  return {da, db};
}
