/// Returns 1 − y² and forgets dy.
/// \caught dx: element [0]: expected 3, got 1
static Tensors tanh_backward(const Tensor& grad, const Saved& y) { return {1 - *y * *y}; }
