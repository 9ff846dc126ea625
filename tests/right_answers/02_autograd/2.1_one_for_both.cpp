/// Of x · x, computes the gradient once and hands it to both.
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = grad * *b;
  const bool same = a.wants_grad() && b.wants_grad() && a->storage() == b->storage() &&
                    a->layout() == b->layout();
  if (b.wants_grad()) db = same ? da : grad * *a;
  return {da, db};
}

static Tensors tanh_backward(const Tensor& grad, const Saved& y) { return {grad * (1 - *y * *y)}; }
