#include "cuda/kernels.h"

/// A step of SGD for all parameters at once: a network has dozens of small ones, and a launch for
/// each would take longer than the arithmetic.
namespace kindling::cuda {
namespace {

/// Where one parameter and what belongs to it lie.
template <class T>
struct SgdOperands {
  T* parameter;
  const T* grad;
  T* buffer;  // of the momentum; null without
  std::int64_t n;
  bool is_first;  // the buffer holds nothing yet
};

/// A launch hands over 4 KB on any GPU: enough for 64 of 40 bytes.
template <class T>
struct SgdBatch {
  static constexpr int most = 64;
  SgdOperands<T> of[most];
};

template <class T>
struct SgdFactors {
  T lr, momentum, dampening, weight_decay;
  bool nesterov;
};

/// \exercise{7.6} One step for parameter p = batch.of[blockIdx.y], by all blocks of that blockIdx.y
/// in a grid-stride loop over its n elements. For each, with g its gradient, λ the weight decay, μ
/// the momentum and τ the dampening:
///
///     g ← g + λ p                                       if λ ≠ 0
///     b ← g in the first step, then μ b + (1 − τ) g     if there is a buffer
///     g ← g + μ b with Nesterov, else b                 if there is a buffer
///     p ← p − lr g
///
/// Each element of p and b is read and written once, and the gradient does not change.
template <class T>
__global__ void sgd_elements(SgdBatch<T> batch, SgdFactors<T> by) {
  not_implemented("7.6");
}

/// \exercise{7.6} Launches sgd_elements() once for every SgdBatch<T>::most parameters, not once for
/// each. grid_for_parameters(part, stream) gives the grid for a part of the parameters: y counts
/// them, and along x there are as many blocks as the largest needs. `buffer` is null where a
/// parameter's momentum_buffer is undefined. SgdStep and SgdParameter are declared in
/// fused/optimizer_steps.h.
template <class T>
void step(const SgdStep& step, std::span<const SgdParameter> parameters, cudaStream_t stream) {
  throw NotImplemented("7.6");
}

}  // namespace

void sgd_step(const SgdStep& options, std::span<const SgdParameter> parameters,
              cudaStream_t stream) {
  if (parameters[0].parameter.dtype() == float32)
    step<float>(options, parameters, stream);
  else
    step<double>(options, parameters, stream);
}

}  // namespace kindling::cuda
