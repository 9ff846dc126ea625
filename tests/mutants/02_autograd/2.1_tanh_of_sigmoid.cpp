/// Takes the rule of the sigmoid: dy y (1 − y).
/// \caught dx: element [0]: expected 3, got 0
static Tensors tanh_backward(const Tensor& grad, const Saved& y) { return {grad * *y * (1 - *y)}; }
