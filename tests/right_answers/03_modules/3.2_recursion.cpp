/// Unfolds one axis after the other.
void Linear::reset_parameters() {
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (bias.defined()) {
    const double bound =
        weight.size(1) == 0 ? 0 : std::sqrt(1.0 / static_cast<double>(weight.size(1)));
    init::uniform_(bias, -bound, bound);
  }
}

Tensor Linear::forward(const Tensor& x) {
  check(x.dim() >= 1 && x.size(-1) == weight.size(1), "Linear: expected an input with ",
        weight.size(1), " features in its last axis, got shape ", x.shape());
  if (!bias.defined()) return matmul(x, weight.T());
  switch (x.dim()) {
    case 1:
      return matmul(x, weight.T()) + bias;
    case 2:
      return addmm(bias, x, weight.T());
    default: {
      Shape shape = x.shape();
      shape[shape.size() - 1] = weight.size(0);
      Tensor rows = x;
      while (rows.dim() > 2) rows = rows.flatten(0, 1);
      return forward(rows).view(shape);
    }
  }
}
