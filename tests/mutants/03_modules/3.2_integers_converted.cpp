/// Converts an x of integers.
/// \caught Linear(2, 3) of an x of int64: expected an Error, and none was thrown
void Linear::reset_parameters() {
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (bias.defined()) {
    const double in_features = static_cast<double>(weight.size(1));
    const double bound = in_features > 0 ? 1 / std::sqrt(in_features) : 0;
    init::uniform_(bias, -bound, bound);
  }
}

Tensor Linear::forward(const Tensor& x) {
  check(x.dim() > 0 && x.size(-1) == weight.size(1), "Linear: expected an input with ",
        weight.size(1), " features in its last axis, got shape ", x.shape());
  if (!x.is_floating_point()) return forward(x.to(weight.dtype()));
  if (!bias.defined()) return matmul(x, weight.T());
  if (x.dim() == 1) return matmul(x, weight.T()) + bias;
  if (x.dim() == 2) return addmm(bias, x, weight.T());
  Shape out = x.shape();
  out.back() = weight.size(0);
  return addmm(bias, x.flatten(0, -2), weight.T()).view(out);
}
