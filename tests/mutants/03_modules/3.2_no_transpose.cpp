/// Multiplies by W instead of its transpose: right shapes only for square layers.
/// \caught (kindling::Error), at exercises/03_modules/linear.cpp:
Tensor Linear::forward(const Tensor& x) {
  check(x.dim() > 0 && x.size(-1) == weight.size(1), "Linear: expected an input with ",
        weight.size(1), " features in its last axis, got shape ", x.shape());
  if (!bias.defined()) return matmul(x, weight);
  if (x.dim() == 1) return matmul(x, weight) + bias;
  if (x.dim() == 2) return addmm(bias, x, weight);
  Shape out = x.shape();
  out.back() = weight.size(0);
  return addmm(bias, x.flatten(0, -2), weight).view(out);
}
