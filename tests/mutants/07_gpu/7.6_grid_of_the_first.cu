/// Launches as many blocks as the first parameter needs, and not the largest.
/// \caught reads and writes by the busiest thread
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
    Grid grid = grid_for_parameters(part, stream);
    grid.grid.x = grid_for_parameters(part.first(1), stream).grid.x;
    launch(sgd_elements<T>, grid, batch, by);
  }
}
