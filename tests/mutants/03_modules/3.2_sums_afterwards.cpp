/// Adds the bias by an operation of its own, in a second pass, also for batches.
/// \caught expected AddmmBackward0, got AddBackward0
Tensor Linear::forward(const Tensor& x) {
  check(x.dim() > 0 && x.size(-1) == weight.size(1), "Linear: expected an input with ",
        weight.size(1), " features in its last axis, got shape ", x.shape());
  const Tensor y = matmul(x, weight.T());
  return bias.defined() ? y + bias : y;
}
