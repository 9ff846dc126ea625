/// Two launches have to do for all.
/// \caught_at_random what it changed | reads of global memory
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

template <class T>
void step(const SgdStep& step, std::span<const SgdParameter> parameters, cudaStream_t stream) {
  const SgdFactors<T> by{static_cast<T>(step.lr), static_cast<T>(step.momentum),
                         static_cast<T>(step.dampening), static_cast<T>(step.weight_decay),
                         step.nesterov};
  constexpr std::size_t most = SgdBatch<T>::most;
  for (std::size_t done = 0; done < std::min(parameters.size(), 2 * most + 30); done += most) {
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
