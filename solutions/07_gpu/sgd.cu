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
  const SgdOperands<T> of = batch.of[blockIdx.y];
  for (std::int64_t i = thread_number(); i < of.n; i += thread_count()) {
    const T p = of.parameter[i];
    T g = of.grad[i];
    if (by.weight_decay != T(0)) g += by.weight_decay * p;
    if (of.buffer) {
      const T b = of.is_first ? g : by.momentum * of.buffer[i] + (T(1) - by.dampening) * g;
      of.buffer[i] = b;
      g = by.nesterov ? g + by.momentum * b : b;
    }
    of.parameter[i] = p - by.lr * g;
  }
}

/// \exercise{7.6} Launches sgd_elements() once for every SgdBatch<T>::most parameters, not once for
/// each. grid_for_parameters(part, stream) gives the grid for a part of the parameters: y counts
/// them, and along x there are as many blocks as the largest needs. `buffer` is null where a
/// parameter's momentum_buffer is undefined. SgdStep and SgdParameter are declared in
/// fused/optimizer_steps.h.
template <class T>
void step(const SgdStep& step, std::span<const SgdParameter> parameters, cudaStream_t stream) {
  const SgdFactors<T> by{static_cast<T>(step.lr), static_cast<T>(step.momentum),
                         static_cast<T>(step.dampening), static_cast<T>(step.weight_decay),
                         step.nesterov};
  constexpr std::size_t most = SgdBatch<T>::most;
  for (std::size_t done = 0; done < parameters.size(); done += most) {
    const auto part = parameters.subspan(done, std::min(most, parameters.size() - done));
    SgdBatch<T> batch{};
    for (std::size_t i = 0; i < part.size(); ++i) {
      const SgdParameter& p = part[i];
      batch.of[i] = {p.parameter.data_ptr<T>(), p.grad.data_ptr<T>(),
                     p.momentum_buffer.defined() ? p.momentum_buffer.data_ptr<T>() : nullptr,
                     p.parameter.numel(), p.is_first};
    }
    launch(sgd_elements<T>, grid_for_parameters(part, stream), batch, by);
  }
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
