/// Launches the kernel once for each parameter.
/// \caught launches for a step of 3 parameters: expected 1, got 3
template <class T>
void step(const SgdStep& step, std::span<const SgdParameter> parameters, cudaStream_t stream) {
  const SgdFactors<T> by{static_cast<T>(step.lr), static_cast<T>(step.momentum),
                         static_cast<T>(step.dampening), static_cast<T>(step.weight_decay),
                         step.nesterov};
  for (const SgdParameter& p : parameters) {
    SgdBatch<T> batch{};
    batch.of[0] = {p.parameter.data_ptr<T>(), p.grad.data_ptr<T>(),
                   p.momentum_buffer.defined() ? p.momentum_buffer.data_ptr<T>() : nullptr,
                   p.parameter.numel(), p.is_first};
    launch(sgd_elements<T>, grid_for(std::max<std::int64_t>(p.parameter.numel(), 1), stream), batch,
           by);
  }
}
