/// Thinks that tanh is flat from about 9 on, in float64, too.
/// \caught the gradient of tanh: element [0]: expected 8.24
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (a.wants_grad()) da = grad * *b;
  if (b.wants_grad()) db = grad * *a;
  return {da, db};
}
static Tensors tanh_backward(const Tensor& grad, const Saved& y) {
  const Tensor dx = primitive::zip(TanhBackward{}, grad, *y);
  return {dx * ((1 - *y * *y) > 4e-8).to(dx.dtype())};
}
