/// Subtracts the largest only where it is beyond ±80.
/// \caught log_softmax of 10,000 times this number, in float32
static Tensors log_softmax_backward(const Tensor& grad, const Saved& y, std::int64_t dim) {
  return {grad - exp(*y) * sum(grad, dim, true)};
}

Tensor log_softmax(const Tensor& x, std::int64_t at) {
  check(x.is_floating_point(), "log_softmax: expected a floating-point tensor, got ", x.dtype());
  const std::int64_t dim = normalize_dim("log_softmax", at, x.dim());
  Tensor y;
  {
    NoGrad guard;
    if (x.numel() == 0) {
      y = x.clone();
    } else {
      const Tensor top = amax(x, dim, true);
      const Tensor shifted = x - where(abs(top) <= 80, 0 * top, top);
      y = shifted - log(sum(exp(shifted), dim, true));
    }
  }
  return record(y, "LogSoftmaxBackward0", {x}, log_softmax_backward, y, dim);
}
