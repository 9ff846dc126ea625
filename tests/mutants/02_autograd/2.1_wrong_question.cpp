/// Asks each operand whether the other one wants a gradient.
/// \caught where B wants none: expected an undefined Tensor
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (b.wants_grad()) da = grad * *b;
  if (a.wants_grad()) db = grad * *a;
  return {da, db};
}
