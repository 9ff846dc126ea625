/// Multiplies dy in place: the same tensor may be on its way to others.
/// \caught dy, after the rule of tanh was called: element [1]: expected 2, got 1.4999999999999998
static Tensors tanh_backward(const Tensor& grad, const Saved& y) {
  Tensor dx = grad;
  dx.mul_(1 - *y * *y);
  return {dx};
}
