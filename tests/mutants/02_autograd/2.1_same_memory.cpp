/// Takes operands of one memory and one shape for the same, as x and xᵀ.
/// \caught of x · xᵀ, the gradient of x: element [0, 1]: expected 330, got 320
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad() && b.wants_grad() && a->storage() == b->storage() &&
      a->shape() == b->shape() && a.layout().offset == b.layout().offset) {
    da = grad * *a;
    return {da, da};
  }
  if (a.wants_grad()) da = grad * *b;
  if (b.wants_grad()) db = grad * *a;
  return {da, db};
}
static Tensors tanh_backward(const Tensor& grad, const Saved& y) {
  return {primitive::zip(TanhBackward{}, grad, *y)};
}
