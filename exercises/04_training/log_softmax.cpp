#include "fused/losses.h"
#include "kindling/ops.h"

/// A device may have a kernel for all of this at once, which log_softmax() asks for first
/// (common/src/fused/losses.cpp). Where it has none, what follows is log_softmax().
namespace kindling::composed {

/// \exercise{4.1} y = log softmax x:  dx = dy − eʸ Σ dy, the sum along `dim`. `grad` is dy, `y` the
/// result.
static Tensors log_softmax_backward(const Tensor& grad, const Saved& y, std::int64_t dim) {
  throw NotImplemented("4.1");
}

/// \exercise{4.1} y = s − log Σ eˢ with s = x − max x, all along the axis `at`, which may be
/// counted from the end. The largest power is e⁰: nothing overflows, and the sum is at least 1.
/// Without elements, a copy of x. Recorded as one operation, "LogSoftmaxBackward0", under the rule
/// above. The rule needs y and dim, which record() keeps for it: y as Saved, which notices if y is
/// changed meanwhile.
/// \throws Error if x does not hold floating-point numbers ("log_softmax: expected a floating-point
/// tensor, got int64"), or `at` is out of range (normalize_dim() finds that)
Tensor log_softmax(const Tensor& x, std::int64_t at) {
  throw NotImplemented("4.1");
}

}  // namespace kindling::composed
