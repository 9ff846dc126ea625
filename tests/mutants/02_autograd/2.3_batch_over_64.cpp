/// Has room for a batch of 64.
/// \caught dB of [300, 2, 1] times [300, 1, 2]: element [64, 0, 0]
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = matmul(grad, b->transpose(-2, -1));
  if (b.wants_grad() && a->dim() == 3 && a->size(0) > 64) {
    db = zeros(b->shape(), b->dtype(), b->device());
    db.narrow(0, 0, 64).copy_(matmul(a->narrow(0, 0, 64).transpose(-2, -1), grad.narrow(0, 0, 64)));
    return {da, db};
  }
  if (b.wants_grad()) db = matmul(a->transpose(-2, -1), grad);
  return {da, db};
}
