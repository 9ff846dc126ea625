/// Computes with x.detach() instead of NoGrad; empty tensors take the same way where they can.
static Tensors log_softmax_backward(const Tensor& grad, const Saved& y, std::int64_t dim) {
  const Tensor p = exp(*y);
  return {grad - p * sum(grad, dim, true).expand(p.shape())};
}

Tensor log_softmax(const Tensor& x, std::int64_t at) {
  if (!x.is_floating_point())
    fail("log_softmax: expected a floating-point tensor, got ", x.dtype());
  const std::int64_t dim = normalize_dim("log_softmax", at, x.dim());
  const Tensor in = x.detach();
  Tensor y = in.clone();
  if (in.numel() > 0) {
    const Tensor shifted = in - amax(in, dim, true);
    y = shifted - log(sum(exp(shifted), dim, true));
  }
  const Saved saved(y);
  return record(y, "LogSoftmaxBackward0", {x},
                [=](const Tensor& grad) { return log_softmax_backward(grad, saved, dim); });
}
