/// Does not subtract the maximum: e¹⁰⁰⁰ is infinite.
/// \caught log_softmax(x, 0): element [0]: expected 0, got
Tensor log_softmax(const Tensor& x, std::int64_t at) {
  check(x.is_floating_point(), "log_softmax: expected a floating-point tensor, got ", x.dtype());
  const std::int64_t dim = normalize_dim("log_softmax", at, x.dim());
  Tensor y;
  {
    NoGrad guard;
    if (x.numel() == 0) {
      y = x.clone();
    } else {
      y = x - log(sum(exp(x), dim, true));
    }
  }
  return record(y, "LogSoftmaxBackward0", {x}, log_softmax_backward, y, dim);
}
