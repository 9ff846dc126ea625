/// Takes tanh for flat where y is above 0.999.
/// \caught the gradient of tanh: element [0]: expected 0.00018158
static Tensors tanh_backward(const Tensor& grad, const Saved& y) {
  return {where(abs(*y) > 0.999, 0, grad * (1 - *y * *y))};
}
