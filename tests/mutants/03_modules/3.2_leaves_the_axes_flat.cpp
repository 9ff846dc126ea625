/// Forgets the view() at the end: [2, 4, 3] becomes [8, 2].
/// \caught expected shape [2, 4, 2], got [8, 2]
Tensor Linear::forward(const Tensor& x) {
  check(x.dim() > 0 && x.size(-1) == weight.size(1), "Linear: expected an input with ",
        weight.size(1), " features in its last axis, got shape ", x.shape());
  if (!bias.defined()) return matmul(x, weight.T());
  if (x.dim() == 1) return matmul(x, weight.T()) + bias;
  return addmm(bias, x.flatten(0, -2), weight.T());
}
