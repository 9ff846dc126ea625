/// Gives what it saved away at the first call.
/// \caught_at_random has been modified by an inplace operation
static Tensors log_softmax_backward(const Tensor& grad, const Saved& y, std::int64_t dim) {
  Tensor p = exp(*y);
  const Tensor dx = grad - p * sum(grad, dim, true);
  Tensor(*y).zero_();
  return {dx};
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
      const Tensor shifted = x - amax(x, dim, true);
      y = shifted - log(sum(exp(shifted), dim, true));
    }
  }
  return record(y, "LogSoftmaxBackward0", {x}, [y = Saved(y), dim](const Tensor& grad) {
    return log_softmax_backward(grad, y, dim);
  });
}
