#include "kindling/nn.h"
#include "kindling/ops.h"

/// What stands between the matrices: without it, a hundred Linear layers are one.
namespace kindling {

/// \exercise{3.3} y = x σ(x):  dx = dy (σ(x) + y (1 − σ(x))). `grad` is dy, `x` the input that was
/// saved.
static Tensors silu_backward(const Tensor& grad, const Saved& x) {
  const Tensor s = sigmoid(*x);
  return {grad * (s + *x * s * (1 - s))};
}

/// \exercise{3.3} y = x σ(x), recorded as one operation, "SiluBackward0", under the rule above:
/// what it is composed of is not recorded.
/// \throws Error if x does not hold floating-point numbers: "silu: expected a floating-point
/// tensor, got int64"
Tensor silu(const Tensor& x) {
  check(x.is_floating_point(), "silu: expected a floating-point tensor, got ", x.dtype());
  Tensor y;
  {
    NoGrad guard;
    y = x * sigmoid(x);
  }
  return record(y, "SiluBackward0", {x}, silu_backward, x);
}

namespace nn {

Tensor Identity::forward(const Tensor& x) { return x; }
Tensor ReLU::forward(const Tensor& x) { return relu(x); }
Tensor GELU::forward(const Tensor& x) { return gelu(x, approximate_); }
std::string GELU::extra_repr() const { return "approximate='" + approximate_ + "'"; }
Tensor SiLU::forward(const Tensor& x) { return silu(x); }
Tensor Tanh::forward(const Tensor& x) { return tanh(x); }
Tensor Sigmoid::forward(const Tensor& x) { return sigmoid(x); }
Tensor Softmax::forward(const Tensor& x) { return softmax(x, dim_); }
std::string Softmax::extra_repr() const { return "dim=" + std::to_string(dim_); }

}  // namespace nn
}  // namespace kindling
