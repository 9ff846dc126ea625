/// Differentiates x and takes σ(x) for a constant.
/// \caught dx for dy = 1: element [1]: expected 0.92
static Tensors silu_backward(const Tensor& grad, const Saved& x) { return {grad * sigmoid(*x)}; }
