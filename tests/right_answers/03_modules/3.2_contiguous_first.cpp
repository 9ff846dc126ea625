/// Makes the input row-major before it looks at it as rows.
void Linear::reset_parameters() {
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (!bias.defined()) return;
  const std::int64_t n = weight.size(1);
  const double bound = n > 0 ? std::pow(static_cast<double>(n), -0.5) : 0.0;
  bias.set_grad(bias.grad());
  init::uniform_(bias, -bound, bound);
}

Tensor Linear::forward(const Tensor& x) {
  check(x.dim() != 0 && x.shape().back() == weight.shape()[1], "Linear: expected an input with ",
        weight.shape()[1], " features in its last axis, got shape ", x.shape());
  const Tensor w = weight.permute({1, 0});
  if (!bias.defined()) return matmul(x, w);
  if (x.dim() == 1) {
    const Tensor y = matmul(x, w);
    return y + bias;
  }
  if (x.dim() == 2) return addmm(bias, x, w);
  std::int64_t rows = 1;
  for (std::int64_t axis = 0; axis + 1 < x.dim(); ++axis) rows *= x.size(axis);
  const Tensor y = addmm(bias, x.contiguous().view({rows, x.size(-1)}), w);
  Shape shape(x.shape().begin(), x.shape().end() - 1);
  shape.push_back(y.size(1));
  return y.view(shape);
}
