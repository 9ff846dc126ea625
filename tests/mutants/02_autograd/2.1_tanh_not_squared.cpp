/// Forgets the square: dy (1 − y).
/// \caught dx: element [1]: expected 1.5
static Tensors tanh_backward(const Tensor& grad, const Saved& y) { return {grad * (1 - *y)}; }
