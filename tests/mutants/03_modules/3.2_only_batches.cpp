/// Hands everything to addmm(), which takes matrices only.
/// \caught addmm
Tensor Linear::forward(const Tensor& x) {
  check(x.dim() > 0 && x.size(-1) == weight.size(1), "Linear: expected an input with ",
        weight.size(1), " features in its last axis, got shape ", x.shape());
  if (!bias.defined()) return matmul(x, weight.T());
  return addmm(bias, x, weight.T());
}
