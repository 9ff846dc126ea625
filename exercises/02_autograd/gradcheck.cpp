#include <cmath>
#include <sstream>

#include "kindling/ops.h"

namespace kindling {
namespace {

/// A number for each element of the result, all different: their weighted sum is what is
/// differentiated, so that no error in one element can hide behind another's.
Tensor weights_for(const Tensor& out) {
  return (arange(out.numel()).to(float64) * 0.37 + 0.5).view(out.shape());
}

double weighted_sum(const Tensor& out) {
  NoGrad guard;
  return sum(out.detach() * weights_for(out)).item();
}

/// The index of the `flat`-th element in row-major order.
Shape index_of(std::int64_t flat, const Shape& shape) {
  Shape index(shape.size());
  for (std::int64_t axis = std::ssize(shape) - 1; axis >= 0; flat /= shape[axis--])
    index[axis] = flat % shape[axis];
  return index;
}

}  // namespace

/// \exercise{2.5} Compares backward() with central differences. What is differentiated is the
/// number L(x) = Σ w f(x), with w = weights_for(f(x)); weighted_sum() computes it from f(x). For
/// each element of each input that requires gradients, the difference (L(x + eps) − L(x − eps)) /
/// 2eps is expected, and what backward() left in .grad is computed (0 where it left none). They
/// agree if |computed − expected| ≤ atol + rtol |expected|; NaN never does.
///
/// Works on copies of the inputs, row-major and outside of their graph: the caller's tensors and
/// their .grad stay as they are.
/// \return nothing to complain of, or the first difference: "gradcheck: input 0 of shape [2, 3],
/// element [1, 2]: expected 2.35 (central difference), got 4.7 (backward)"
/// \throws Error "gradcheck: inputs that require gradients must be float64, got float32"
GradcheckResult gradcheck(const std::function<Tensor(const Tensors&)>& f, Tensors inputs,
                          double eps, double atol, double rtol) {
  throw NotImplemented("2.5");
}

}  // namespace kindling
