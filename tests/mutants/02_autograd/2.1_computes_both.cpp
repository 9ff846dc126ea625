/// Computes both gradients, and then drops the one that nobody wants.
/// \caught_at_random it asks for | modified by an inplace operation
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  const Tensor da = grad * *b, db = grad * *a;
  return {a.wants_grad() ? da : Tensor(), b.wants_grad() ? db : Tensor()};
}
