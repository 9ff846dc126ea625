/// Converts x to the dtype of the weight.
/// \caught Linear(2, 3) of an x of int64: expected an Error, and none was thrown
Tensor Linear::forward(const Tensor& x) {
  if (x.dtype() != weight.dtype()) return forward(x.to(weight.dtype()));
  check(x.dim() > 0 && x.size(-1) == weight.size(1), "Linear: expected an input with ",
        weight.size(1), " features in its last axis, got shape ", x.shape());
  if (!bias.defined()) return matmul(x, weight.T());
  if (x.dim() == 1) return matmul(x, weight.T()) + bias;
  if (x.dim() == 2) return addmm(bias, x, weight.T());
  Shape out = x.shape();
  out.back() = weight.size(0);
  return addmm(bias, x.flatten(0, -2), weight.T()).view(out);
}
