/// Collects parameters, and launches when a batch is full.
template <class T>
void step(const SgdStep& step, std::span<const SgdParameter> parameters, cudaStream_t stream) {
  SgdFactors<T> by;
  by.lr = T(step.lr);
  by.momentum = T(step.momentum);
  by.dampening = T(step.dampening);
  by.weight_decay = T(step.weight_decay);
  by.nesterov = step.nesterov;
  SgdBatch<T> batch{};
  std::size_t first = 0, filled = 0;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const SgdParameter& p = parameters[i];
    T* const buffer = p.momentum_buffer.defined() ? p.momentum_buffer.data_ptr<T>() : nullptr;
    batch.of[filled++] = {p.parameter.data_ptr<T>(), p.grad.data_ptr<T>(), buffer,
                          p.parameter.numel(), p.is_first};
    if (filled < SgdBatch<T>::most && i + 1 < parameters.size()) continue;
    launch(sgd_elements<T>, grid_for_parameters(parameters.subspan(first, filled), stream), batch,
           by);
    first = i + 1;
    filled = 0;
  }
}
