/// Leaves it to matmul() to complain, in words that say nothing of the layer.
/// \caught Linear(3, 2) of zeros({2, 4}): expected another text in the Error
Tensor Linear::forward(const Tensor& x) {
  if (!bias.defined()) return matmul(x, weight.T());
  if (x.dim() == 1) return matmul(x, weight.T()) + bias;
  if (x.dim() == 2) return addmm(bias, x, weight.T());
  Shape out = x.shape();
  out.back() = weight.size(0);
  return addmm(bias, x.flatten(0, -2), weight.T()).view(out);
}
