/// Goes through the memory of parameter and gradient as if both were row-major.
/// \caught_at_random what it changed: expected | the memory of p | says that it changed: expected
void SGD::update(Tensor& parameter, const Tensor& grad, State& state) {
  Tensor g = grad;
  if (options_.weight_decay != 0) g = g + parameter * options_.weight_decay;
  if (options_.momentum != 0) {
    Tensor& buffer = state["momentum_buffer"];
    if (buffer.defined()) {
      buffer.mul_(options_.momentum).add_(g, 1 - options_.dampening);
    } else {
      buffer = g.clone();
    }
    g = options_.nesterov ? g + buffer * options_.momentum : buffer;
  }
  if (parameter.device() != cpu) {
    parameter.add_(g, -lr());
    return;
  }
  const Tensor dense = g.contiguous();
  dispatch(parameter.dtype(), [&]<class T>() {
    T* p = parameter.data_ptr<T>();
    if constexpr (std::is_floating_point_v<T>)
      for (std::int64_t i = 0; i < parameter.numel(); ++i)
        p[i] -= static_cast<T>(lr()) * dense.data_ptr<T>()[i];
  });
}
