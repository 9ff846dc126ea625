/// Counts the rows and reshapes; the bound is computed once.
void Linear::reset_parameters() {
  const double n = static_cast<double>(weight.size(-1));
  const double bound = n == 0 ? 0 : 1 / std::sqrt(n);
  NoGrad guard;
  if (weight.numel() > 0) weight.uniform_(-bound, bound);
  if (bias.defined()) bias.uniform_(-bound, bound);
}

Tensor Linear::forward(const Tensor& x) {
  const std::int64_t in = weight.size(1), out = weight.size(0);
  if (x.dim() == 0 || x.shape().back() != in)
    fail("Linear: expected an input with ", in, " features in its last axis, got shape ",
         x.shape());
  const Tensor transposed = weight.transpose(0, 1);
  if (!bias.defined()) return matmul(x, transposed);
  if (x.dim() == 1) return bias + matmul(weight, x);
  Shape shape = x.shape();
  shape.pop_back();
  const std::int64_t rows = numel(shape);
  shape.push_back(out);
  const Tensor y = addmm(bias, x.reshape({rows, in}), transposed);
  return x.dim() == 2 ? y : y.view(shape);
}
