/// Copies, and then computes in place in the copies.
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = grad * *b;
  if (b.wants_grad()) {
    db = grad.clone();
    db.mul_(a->to(grad.dtype()));
  }
  return {da, db};
}

static Tensors tanh_backward(const Tensor& grad, const Saved& y) {
  Tensor dx = y->clone();
  dx.mul_(*y).mul_(-1).add_(1).mul_(grad);
  return {dx};
}
