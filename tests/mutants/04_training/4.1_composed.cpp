/// Leaves it to autograd: four operations are recorded.
/// \caught expected LogSoftmaxBackward0, got CloneBackward0
Tensor log_softmax(const Tensor& x, std::int64_t at) {
  check(x.is_floating_point(), "log_softmax: expected a floating-point tensor, got ", x.dtype());
  const std::int64_t dim = normalize_dim("log_softmax", at, x.dim());
  if (x.numel() == 0) return x.clone();
  const Tensor shifted = x - amax(x, dim, true);
  return shifted - log(sum(exp(shifted), dim, true));
}
