/// Nothing of chapter 7; the powers are computed once.
static Tensors log_softmax_backward(const Tensor& grad, const Saved& y, std::int64_t dim) {
  const Tensor total = sum(grad, dim, true);
  return {grad - total * exp(*y)};
}

Tensor log_softmax(const Tensor& x, std::int64_t at) {
  check(x.is_floating_point(), "log_softmax: expected a floating-point tensor, got ", x.dtype());
  const std::int64_t dim = normalize_dim("log_softmax", at, x.dim());
  const auto compute = [&] {
    NoGrad guard;
    if (x.numel() == 0) return x.clone();
    Tensor y = x - amax(x, dim, true);
    y.sub_(log(sum(exp(y), dim, true)));
    return y;
  };
  const Tensor y = compute();
  return record(y, "LogSoftmaxBackward0", {x}, [saved = Saved(y), dim](const Tensor& grad) {
    return log_softmax_backward(grad, saved, dim);
  });
}
