/// Takes tanh for flat where y is above 0.999.
/// \caught_at_random the .grad of | the rule of tanh
static Tensors tanh_backward(const Tensor& grad, const Saved& y) {
  return {where(abs(*y) > 0.999, 0, grad * (1 - *y * *y))};
}
