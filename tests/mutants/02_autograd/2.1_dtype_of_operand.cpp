/// Converts dC to the dtype of the other operand, which may hold integers.
/// \caught mul {} float32[2] int64[2], gradient of input 0, as PyTorch computed it: element [0]:
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = grad.to(b->dtype()) * *b;
  if (b.wants_grad()) db = grad.to(a->dtype()) * *a;
  return {da, db};
}
