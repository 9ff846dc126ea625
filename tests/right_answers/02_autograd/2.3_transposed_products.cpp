/// Both by the transposes of products.
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  const std::int64_t last = grad.dim() - 1;
  const Tensor turned = grad.transpose(last, last - 1);
  Tensors out(2);
  if (a.wants_grad()) out[0] = matmul(*b, turned).transpose(last - 1, last);
  if (b.wants_grad()) out[1] = matmul(turned, *a).transpose(last - 1, last).contiguous();
  return out;
}
