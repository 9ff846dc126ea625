/// Takes dC for row-major.
/// \caught_at_random is not compatible with a tensor of shape
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  const Tensor flat = grad.view({-1}).view(grad.shape());
  if (a.wants_grad()) da = flat * *b;
  if (b.wants_grad()) db = flat * *a;
  return {da, db};
}
