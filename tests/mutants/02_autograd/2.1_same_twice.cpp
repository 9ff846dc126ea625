/// Of x · x returns the whole gradient once.
/// \caught_at_random the rule of A · B
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad() && b.wants_grad() && a->storage() == b->storage() &&
      a->layout() == b->layout())
    return {grad * *a * 2, db};
  if (a.wants_grad()) da = grad * *b;
  if (b.wants_grad()) db = grad * *a;
  return {da, db};
}
