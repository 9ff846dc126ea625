/// Computes x Wᵀ, and never adds the bias.
/// \caught y of x = [1, 1]: element [0]: expected 13, got 3
Tensor Linear::forward(const Tensor& x) {
  check(x.dim() > 0 && x.size(-1) == weight.size(1), "Linear: expected an input with ",
        weight.size(1), " features in its last axis, got shape ", x.shape());
  return matmul(x, weight.T());
}
