/// Gives the parameter other memory in each step.
/// \caught_at_random what it changed: expected | the memory of p | whether the parameter is where it was | says that it changed: expected
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
  parameter.set_data(parameter.detach() - g * lr());
}
