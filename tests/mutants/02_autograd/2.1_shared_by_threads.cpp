#include <utility>

/// Its results are static, which threads share.
/// \caught_at_random whether four threads get of its rule | it crashed
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  static Tensor da, db;
  da = Tensor();
  db = Tensor();
  if (a.wants_grad()) da = grad * *b;
  if (b.wants_grad()) db = grad * *a;
  return {std::exchange(da, Tensor()), std::exchange(db, Tensor())};
}
