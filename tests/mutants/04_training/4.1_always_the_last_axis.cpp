/// Ignores the axis that was asked for.
/// \caught log_softmax(table, 0), along the columns
Tensor log_softmax(const Tensor& x, std::int64_t at) {
  check(x.is_floating_point(), "log_softmax: expected a floating-point tensor, got ", x.dtype());
  normalize_dim("log_softmax", at, x.dim());
  const std::int64_t dim = x.dim() == 0 ? 0 : x.dim() - 1;
  Tensor y;
  {
    NoGrad guard;
    if (x.numel() == 0) {
      y = x.clone();
    } else {
      const Tensor shifted = x - amax(x, dim, true);
      y = shifted - log(sum(exp(shifted), dim, true));
    }
  }
  return record(y, "LogSoftmaxBackward0", {x}, [y = Saved(y), dim](const Tensor& grad) {
    return log_softmax_backward(grad, y, dim);
  });
}
