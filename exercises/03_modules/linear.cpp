#include <cmath>

#include "kindling/autograd.h"
#include "kindling/init.h"
#include "kindling/nn.h"
#include "kindling/ops.h"

/// The layer that all others are built around: a matrix and a vector.
namespace kindling::nn {

static Shape weight_shape(std::int64_t in_features, std::int64_t out_features) {
  check(in_features >= 0 && out_features >= 0,
        "Linear: expected non-negative numbers of features, got in_features=", in_features,
        " and out_features=", out_features);
  return {out_features, in_features};
}

Linear::Linear(std::int64_t in_features, std::int64_t out_features, bool with_bias)
    : weight(parameter("weight", empty(weight_shape(in_features, out_features)))),
      bias(parameter("bias", with_bias ? empty({out_features}) : Tensor())) {
  reset_parameters();
}

/// \exercise{3.2} Draws the weight by kaiming_uniform_ with a = √5, which comes to ±1 /
/// √in_features; then the bias, if there is one, uniformly from ±1 / √in_features (from ±0, if
/// in_features is 0). The order matters: it is that of the random numbers. Both change in place and
/// stay the same tensors.
void Linear::reset_parameters() {
  throw NotImplemented("3.2");
}

/// \exercise{3.2} y = x Wᵀ + b, where x [..., in_features] → y [..., out_features]. As in PyTorch:
/// - without a bias, a matmul();
/// - a vector [in_features], a matmul() and a sum;
/// - a batch of rows [batch, in_features], addmm(), which adds the bias in the same pass;
/// - with more axes, the same addmm() of all rows as one batch, and a view() of what comes out.
/// \throws Error if x is a scalar or its last axis is not in_features long: "Linear: expected an
/// input with 3 features in its last axis, got shape [2, 4]"
Tensor Linear::forward(const Tensor& x) {
  throw NotImplemented("3.2");
}

std::string Linear::extra_repr() const {
  return "in_features=" + std::to_string(weight.size(1)) +
         ", out_features=" + std::to_string(weight.size(0)) +
         ", bias=" + (bias.defined() ? "True" : "False");
}

}  // namespace kindling::nn
