/// Its rule takes the axis of the last call.
/// \caught_at_random the .grad of
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
  static std::int64_t last;
  last = dim;
  return record(y, "LogSoftmaxBackward0", {x}, [saved = Saved(y)](const Tensor& g) {
    return log_softmax_backward(g, saved, last);
  });
}
