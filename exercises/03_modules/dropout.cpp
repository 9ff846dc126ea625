#include "kindling/nn.h"
#include "kindling/ops.h"

namespace kindling::nn {

Dropout::Dropout(double p) : p_(p) {
  check(0 <= p && p <= 1, "Dropout: probability has to be between 0 and 1, but got ", p);
}

/// \exercise{3.5} In evaluation, or if p = 0: x itself, and no random numbers are drawn. In
/// training: x · mask / (1 − p), where each element of the mask, which has x's shape and dtype, is
/// 1 with probability 1 − p (bernoulli_), else 0; gradients flow through the same mask. If p = 1:
/// x · 0, as in PyTorch, so that it is part of the graph and a NaN stays one; and no random numbers
/// either.
Tensor Dropout::forward(const Tensor& x) {
  throw NotImplemented("3.5");
}

std::string Dropout::extra_repr() const { return "p=" + repr(p_) + ", inplace=False"; }

}  // namespace kindling::nn
