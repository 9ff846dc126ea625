/// Spells the slope out in powers of e, which overflow far out: infinity by infinity is NaN.
/// \caught dx for dy = 1: element [1]: expected 0, got
static Tensors silu_backward(const Tensor& grad, const Saved& x) {
  const Tensor e = exp(-*x);
  return {grad * (1 + e + *x * e) / ((1 + e) * (1 + e))};
}
