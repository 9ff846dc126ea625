/// Keeps the memory of the last gradient alive.
/// \caught_at_random are still held when all is over
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  static Tensors last;
  Tensor da, db;
  if (a.wants_grad()) da = grad * *b;
  if (b.wants_grad()) db = grad * *a;
  last = {da, db};
  return last;
}
