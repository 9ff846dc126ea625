#include "promotion.h"

/// Two operations, each under its rule: record() saves what the rule needs, and the rule turns the
/// gradient of the result into those of the inputs. All others, in elementwise.cpp, are built
/// the same way.
namespace kindling {

using namespace functors;

/// \exercise{2.1} C = A · B, element by element:  dA = dC · B,  dB = dC · A. `grad` is dC, `a` and
/// `b` are A and B. An input that wants no gradient gets an undefined Tensor, and what only its
/// gradient needs is not looked at: it may have been changed since. Where A or B was broadcast, its
/// gradient may keep the shape of C: the walk sums it back.
static Tensors mul_backward(const Tensor& grad, const Saved& a, const Saved& b) {
  throw NotImplemented("2.1");
}

Tensor operator*(const Tensor& a, const Tensor& b) {
  return record(zip_promoted(Mul{}, a, b), "MulBackward0", {a, b}, mul_backward, a, b);
}

/// \exercise{2.1} y = tanh x:  dx = dy (1 − y²). `grad` is dy, `y` is what the forward pass
/// computed: a result, so y.wants_grad() says nothing.
static Tensors tanh_backward(const Tensor& grad, const Saved& y) {
  throw NotImplemented("2.1");
}

Tensor tanh(const Tensor& x) {
  Tensor y = map_floating(Tanh{}, x);
  return record(y, "TanhBackward0", {x}, tanh_backward, y);
}

}  // namespace kindling
