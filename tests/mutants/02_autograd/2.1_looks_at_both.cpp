/// Looks at both operands, though of the one that is not needed the elements may have changed.
/// \caught_at_random modified by an inplace operation
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  const Tensor &left = *a, &right = *b;
  Tensor da, db;
  if (a.wants_grad()) da = grad * right;
  if (b.wants_grad()) db = grad * left;
  return {da, db};
}
