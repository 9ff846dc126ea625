/// Puts all parameters into one batch, though it has room for 64.
/// \caught 7.6  it crashed: The host's code has an index out of bounds at
template <class T>
void step(const SgdStep& step, std::span<const SgdParameter> parameters, cudaStream_t stream) {
  const SgdFactors<T> by{static_cast<T>(step.lr), static_cast<T>(step.momentum),
                         static_cast<T>(step.dampening), static_cast<T>(step.weight_decay),
                         step.nesterov};
  const int device = parameters[0].parameter.device().index;
  SgdBatch<T> batch{};
  std::int64_t largest = 1;
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    const SgdParameter& p = parameters[i];
    batch.of[i] = {p.parameter.data_ptr<T>(), p.grad.data_ptr<T>(),
                   p.momentum_buffer.defined() ? p.momentum_buffer.data_ptr<T>() : nullptr,
                   p.parameter.numel(), p.is_first};
    largest = std::max(largest, p.parameter.numel());
  }
  Grid grid = grid_for(largest, stream);
  grid.grid.x = std::min<unsigned>(grid.grid.x, 16 * multiprocessors(device));
  grid.grid.y = static_cast<unsigned>(parameters.size());
  launch(sgd_elements<T>, grid, batch, by);
}
