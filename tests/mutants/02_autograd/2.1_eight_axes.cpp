/// Forgets operands of nine axes.
/// \caught_at_random whether it is defined
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = grad * *b;
  if (b.wants_grad()) db = grad * *a;
  if (grad.dim() > 8) return {Tensor(), Tensor()};
  return {da, db};
}
