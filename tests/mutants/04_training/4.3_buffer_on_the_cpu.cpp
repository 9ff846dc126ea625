/// Keeps the buffer on the CPU.
/// \caught_at_random Expected all tensors to be on the same device | where it is: expected cuda:0, got cpu
void SGD::update(Tensor& parameter, const Tensor& grad, State& state) {
  Tensor g = grad;
  if (options_.weight_decay != 0) g = g + parameter * options_.weight_decay;
  if (options_.momentum != 0) {
    Tensor& buffer = state["momentum_buffer"];
    if (buffer.defined()) {
      buffer.mul_(options_.momentum).add_(g, 1 - options_.dampening);
    } else {
      buffer = g.to(cpu).clone();
    }
    g = options_.nesterov ? g + buffer * options_.momentum : buffer;
  }
  parameter.add_(g.to(parameter.device()), -lr());
}
