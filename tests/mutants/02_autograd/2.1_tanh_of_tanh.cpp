/// Takes the tanh of y, as if it were x.
/// \caught dx: element [1]: expected 1.5
static Tensors tanh_backward(const Tensor& grad, const Saved& y) {
  return {grad * (1 - tanh(*y) * tanh(*y))};
}
