/// Computes in float32.
/// \caught_at_random it asks for | the .grad of
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = (grad.to(float32) * b->to(float32)).to(grad.dtype());
  if (b.wants_grad()) db = (grad.to(float32) * a->to(float32)).to(grad.dtype());
  return {da, db};
}
