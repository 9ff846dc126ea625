/// Computes the product once for its shape, and once more for the result.
/// \caught_at_random it asks for 2 matrix products
Tensor Linear::forward(const Tensor& x) {
  check(x.dim() > 0 && x.size(-1) == weight.size(1), "Linear: expected an input with ",
        weight.size(1), " features in its last axis, got shape ", x.shape());
  const Shape shape = matmul(x, weight.T()).shape();
  if (!bias.defined()) return matmul(x, weight.T());
  if (x.dim() == 1) return matmul(x, weight.T()) + bias;
  if (x.dim() == 2) return addmm(bias, x, weight.T());
  return addmm(bias, x.flatten(0, -2), weight.T()).view(shape);
}
