/// Always as batches.
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  const bool batched = grad.dim() == 3;
  const auto batch = [&](const Tensor& x) { return batched ? x : x.unsqueeze(0); };
  const auto back = [&](const Tensor& x) { return batched ? x : x.squeeze(0); };
  Tensor da, db;
  if (a.wants_grad()) da = back(matmul(batch(grad), batch(*b).permute({0, 2, 1})));
  if (b.wants_grad()) db = back(matmul(batch(*a).permute({0, 2, 1}).contiguous(), batch(grad)));
  return {da, db};
}
