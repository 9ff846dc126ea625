/// Transposes the first weight that it sees, and keeps that.
/// \caught_at_random ?
Tensor Linear::forward(const Tensor& x) {
  check(x.dim() > 0 && x.size(-1) == weight.size(1), "Linear: expected an input with ",
        weight.size(1), " features in its last axis, got shape ", x.shape());
  static std::vector<std::pair<const void*, Tensor>> seen;
  Tensor transposed;
  for (const auto& [of, kept] : seen)
    if (of == &weight && kept.shape() == weight.T().shape()) transposed = kept;
  if (!transposed.defined()) {
    transposed = weight.T().contiguous();
    seen.emplace_back(&weight, transposed);
  }
  if (!bias.defined()) return matmul(x, transposed);
  if (x.dim() == 1) return matmul(x, transposed) + bias;
  if (x.dim() == 2) return addmm(bias, x, transposed);
  Shape out = x.shape();
  out.back() = weight.size(0);
  return addmm(bias, x.flatten(0, -2), transposed).view(out);
}
