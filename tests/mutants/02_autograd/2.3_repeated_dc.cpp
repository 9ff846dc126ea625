/// Adds up the rows of B first, if dC is one number, repeated: ∞ − ∞ is not ∞ · (1 − 1).
/// \caught dA, which is ∞ · 2 + ∞ · (-1): element [0, 0]: expected nan, got inf
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  bool same = grad.dim() == 2 && grad.numel() > 0;
  for (auto t : grad.strides()) same = same && t == 0;
  if (a.wants_grad() && same) {
    da = (sum(*b, 1) * grad[0][0]).expand(a->shape()).clone();
  } else if (a.wants_grad())
    da = matmul(grad, b->transpose(-2, -1));
  if (b.wants_grad()) db = matmul(a->transpose(-2, -1), grad);
  return {da, db};
}
