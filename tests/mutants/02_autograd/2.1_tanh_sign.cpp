/// Has the difference the wrong way round: dy (y² − 1).
/// \caught dx: element [0]: expected 3, got -3
static Tensors tanh_backward(const Tensor& grad, const Saved& y) { return {grad * (*y * *y - 1)}; }
