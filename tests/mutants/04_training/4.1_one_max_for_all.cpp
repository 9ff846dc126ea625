/// Subtracts the maximum of all elements, not that of each row: rows far below it underflow.
/// \caught log_softmax(far_apart, 1)
Tensor log_softmax(const Tensor& x, std::int64_t at) {
  check(x.is_floating_point(), "log_softmax: expected a floating-point tensor, got ", x.dtype());
  const std::int64_t dim = normalize_dim("log_softmax", at, x.dim());
  Tensor y;
  {
    NoGrad guard;
    if (x.numel() == 0) {
      y = x.clone();
    } else {
      const Tensor shifted = x - max(x);
      y = shifted - log(sum(exp(shifted), dim, true));
    }
  }
  return record(y, "LogSoftmaxBackward0", {x}, log_softmax_backward, y, dim);
}
