#include <utility>

/// Its results are static, which threads share.
/// \caught_at_random whether four threads get of its rule | it crashed
static Tensors product_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  static Tensor da, db;
  da = Tensor();
  db = Tensor();
  if (a.wants_grad()) da = matmul(grad, b->transpose(-2, -1));
  if (b.wants_grad() && b.layout().is_contiguous()) {
    db = matmul(a->transpose(-2, -1), grad);
  } else if (b.wants_grad()) {
    // The same, laid out as B is: often B is Wᵀ, and the gradient of W, which is row-major, would
    // have to be copied into that order.
    db = matmul(grad.transpose(-2, -1), *a).transpose(-2, -1);
  }
  return {std::exchange(da, Tensor()), std::exchange(db, Tensor())};
}
