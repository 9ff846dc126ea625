#pragma once
#include "kindling/tensor.h"

/// Operations of which a device may have a faster form than what the chapters compose: each gives
/// an undefined Tensor where it has not, and where it has, the result as the operation itself gives
/// it, with its gradient.
namespace kindling {

namespace nn {
struct LabelLossOptions;  // chapter 4
}

/// softmax(x, dim), or its logarithm. \param dim normalised
Tensor fused_softmax(const Tensor& x, std::int64_t dim, bool log);

/// nn::cross_entropy, for matrices of logits [batch, classes].
Tensor fused_cross_entropy(const Tensor& input, const Tensor& targets,
                           const nn::LabelLossOptions& options);

}  // namespace kindling
