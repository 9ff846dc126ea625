#pragma once
#include "kindling/loss.h"

/// What losses are made of where a device has no kernel for them: exercises 4.1 and 4.2.
namespace kindling::composed {

Tensor log_softmax(const Tensor& x, std::int64_t dim);

}  // namespace kindling::composed

namespace kindling::nn::composed {

Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions& options);

}  // namespace kindling::nn::composed
