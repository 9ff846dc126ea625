/// Multiplies nothing where dC is all 0, though 0 times infinity is NaN.
/// \caught_at_random the .grad of | the rule of A · B | has been modified by an inplace operation
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  Tensor da, db;
  if (grad.numel() > 0 && all(grad == 0).item() != 0)
    return {a.wants_grad() ? zeros_like(*a) : da, b.wants_grad() ? zeros_like(*b) : db};
  if (a.wants_grad()) da = matmul(grad, b->transpose(-2, -1));
  if (b.wants_grad() && b->is_contiguous()) {
    db = matmul(a->transpose(-2, -1), grad);
  } else if (b.wants_grad()) {
    // The same, laid out as B is: often B is Wᵀ, and the gradient of W, which is row-major, would
    // have to be copied into that order.
    db = matmul(grad.transpose(-2, -1), *a).transpose(-2, -1);
  }
  return {da, db};
}
