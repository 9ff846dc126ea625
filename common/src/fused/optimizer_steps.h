#pragma once
#include <span>

#include "kindling/fused.h"
#include "kindling/tensor.h"

/// A step of all parameters in one kernel: a network has dozens of small ones.
namespace kindling {

/// One step of SGD, as optim::SGD describes it.
struct SgdStep {
  double lr, momentum, dampening, weight_decay;
  bool nesterov;
};
/// All tensors are row-major, and of one dtype.
struct SgdParameter {
  Tensor parameter, grad;
  Tensor momentum_buffer;  ///< undefined without momentum
  bool is_first;           ///< the buffer holds nothing yet
};

/// One step of Adam, as optim::Adam describes it.
struct AdamStep {
  double lr, beta1, beta2, eps, weight_decay;
  bool decoupled;  ///< AdamW
};
struct AdamParameter {
  Tensor parameter, grad, exp_avg, exp_avg_sq;
  double step;  ///< 1 for the first
};

/// There is at least one parameter, and all are on one device and of one dtype.
inline constinit FusedOperation<void(const SgdStep&, std::span<const SgdParameter>)> sgd_steps;
inline constinit FusedOperation<void(const AdamStep&, std::span<const AdamParameter>)> adam_steps;

}  // namespace kindling
