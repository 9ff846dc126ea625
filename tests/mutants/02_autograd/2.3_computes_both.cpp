/// Computes both products, and then drops the one that nobody wants.
/// \caught_at_random it asks for | has been modified by an inplace operation
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  const Tensor da = matmul(grad, b->transpose(-2, -1)), db = matmul(a->transpose(-2, -1), grad);
  return {a.wants_grad() ? da : Tensor(), b.wants_grad() ? db : Tensor()};
}
