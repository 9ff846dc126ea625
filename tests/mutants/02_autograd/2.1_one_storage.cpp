/// Takes operands in one memory for one tensor.
/// \caught of x · xᵀ, the gradient of x: element [0, 1]: expected 330, got 230
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = grad * *b;
  if (b.wants_grad()) db = da.defined() && a->storage() == b->storage() ? da : grad * *a;
  return {da, db};
}
