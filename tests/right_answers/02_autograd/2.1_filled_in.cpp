/// A list of two undefined tensors that is filled in; a power, and a difference of products.
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensors out(2);
  const Saved* other[] = {&b, &a};
  const Saved* own[] = {&a, &b};
  for (int i = 0; i < 2; ++i)
    if (own[i]->wants_grad()) out[i] = grad * **other[i];
  return out;
}

static Tensors tanh_backward(const Tensor& grad, const Saved& y) {
  return {(1 - pow(*y, 2)) * grad};
}
