/// Both in one return; (1 − y)(1 + y) instead of the square.
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  return {a.wants_grad() ? *b * grad : Tensor(), b.wants_grad() ? *a * grad : Tensor()};
}

static Tensors tanh_backward(const Tensor& grad, const Saved& y) {
  const Tensor one = ones_like(*y);
  return {grad * (one - *y) * (one + *y)};
}
