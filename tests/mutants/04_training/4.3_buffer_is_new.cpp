/// Writes the buffer into another tensor if its layout is not that of the parameter.
/// \caught_at_random its memory: expected that of state["momentum_buffer"] | what it changed: expected | says that it changed: expected
void SGD::update(Tensor& parameter, const Tensor& grad, State& state) {
  Tensor g = grad;
  if (options_.weight_decay != 0) g = g + parameter * options_.weight_decay;
  if (options_.momentum != 0) {
    Tensor& buffer = state["momentum_buffer"];
    if (buffer.defined()) {
      if (buffer.strides() != parameter.strides()) buffer = buffer.clone();
      buffer.mul_(options_.momentum).add_(g, 1 - options_.dampening);
    } else {
      buffer = g.clone();
    }
    g = options_.nesterov ? g + buffer * options_.momentum : buffer;
  }
  parameter.add_(g, -lr());
}
