/// Where dC is 0 writes 0, though 0 times infinity is NaN.
/// \caught_at_random it asks for
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = where(grad == 0, 0, grad * *b);
  if (b.wants_grad()) db = where(grad == 0, 0, grad * *a);
  return {da, db};
}
