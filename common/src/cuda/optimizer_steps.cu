#include <cmath>

#include "cuda/kernels.h"
#include "fused/optimizer_steps.h"

/// A step of Adam for all parameters at once, as solutions/07_gpu/sgd.cu does it for SGD.
namespace kindling::cuda {
namespace {

template <class T>
struct AdamOperands {
  T* parameter;
  const T* grad;
  T *m, *v;
  std::int64_t n;
  T step_size;  // lr / (1 − β₁ᵗ)
  T v_scale;    // √(1 − β₂ᵗ)
};

template <class T>
struct AdamBatch {
  static constexpr int most = 64;  // of 56 bytes: a launch hands over 4 KB on any GPU
  AdamOperands<T> of[most];
};

template <class T>
struct AdamFactors {
  T beta1, rest1, beta2, rest2;  // rest = 1 − β, computed in double
  T eps, weight_decay, shrink;   // shrink: what AdamW multiplies the parameter by
  bool decoupled;
};

template <class T>
__global__ void adam_elements(AdamBatch<T> batch, AdamFactors<T> by) {
  const AdamOperands<T> of = batch.of[blockIdx.y];
  for (std::int64_t i = thread_number(); i < of.n; i += thread_count()) {
    T p = of.parameter[i], g = of.grad[i];
    if (by.decoupled)
      p *= by.shrink;
    else if (by.weight_decay != T(0))
      g += by.weight_decay * p;
    const T m = of.m[i] * by.beta1 + g * by.rest1;
    const T v = of.v[i] * by.beta2 + by.rest2 * g * g;
    of.m[i] = m;
    of.v[i] = v;
    of.parameter[i] = p - of.step_size * (m / (std::sqrt(v) / of.v_scale + by.eps));
  }
}

template <class T>
void adam_step(const AdamStep& step, std::span<const AdamParameter> parameters,
               cudaStream_t stream) {
  const AdamFactors<T> by{static_cast<T>(step.beta1),
                          static_cast<T>(1 - step.beta1),
                          static_cast<T>(step.beta2),
                          static_cast<T>(1 - step.beta2),
                          static_cast<T>(step.eps),
                          static_cast<T>(step.weight_decay),
                          static_cast<T>(1 - step.lr * step.weight_decay),
                          step.decoupled};
  constexpr std::size_t most = AdamBatch<T>::most;
  for (std::size_t done = 0; done < parameters.size(); done += most) {
    const auto part = parameters.subspan(done, std::min(most, parameters.size() - done));
    AdamBatch<T> batch{};
    for (std::size_t i = 0; i < part.size(); ++i) {
      const AdamParameter& p = part[i];
      batch.of[i] = {p.parameter.data_ptr<T>(),
                     p.grad.data_ptr<T>(),
                     p.exp_avg.data_ptr<T>(),
                     p.exp_avg_sq.data_ptr<T>(),
                     p.parameter.numel(),
                     static_cast<T>(step.lr / (1 - std::pow(step.beta1, p.step))),
                     static_cast<T>(std::sqrt(1 - std::pow(step.beta2, p.step)))};
    }
    launch(adam_elements<T>, grid_for_parameters(part, stream), batch, by);
  }
}

[[maybe_unused]] const bool are_there =
    sgd_steps.provide(Device::Type::cuda,
                      [](const SgdStep& step, std::span<const SgdParameter> parameters) {
                        sgd_step(step, parameters, stream_of(parameters[0].parameter));
                      }) &&
    adam_steps.provide(Device::Type::cuda,
                       [](const AdamStep& step, std::span<const AdamParameter> parameters) {
                         const cudaStream_t stream = stream_of(parameters[0].parameter);
                         if (parameters[0].parameter.dtype() == float32)
                           adam_step<float>(step, parameters, stream);
                         else
                           adam_step<double>(step, parameters, stream);
                       });

}  // namespace
}  // namespace kindling::cuda
