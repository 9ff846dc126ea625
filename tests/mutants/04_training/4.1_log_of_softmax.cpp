/// Takes the logarithm of softmax(): the logarithm of 0, where a probability is tiny.
/// \caught log_softmax(x, 0): element [1]: expected -1000, got -inf
Tensor log_softmax(const Tensor& x, std::int64_t at) {
  check(x.is_floating_point(), "log_softmax: expected a floating-point tensor, got ", x.dtype());
  const std::int64_t dim = normalize_dim("log_softmax", at, x.dim());
  Tensor y;
  {
    NoGrad guard;
    if (x.numel() == 0) {
      y = x.clone();
    } else {
      y = log(softmax(x, dim));
    }
  }
  return record(y, "LogSoftmaxBackward0", {x}, [y = Saved(y), dim](const Tensor& grad) {
    return log_softmax_backward(grad, y, dim);
  });
}
