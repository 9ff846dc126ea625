/// Adds μ b to the caller's gradient.
/// \caught the gradient after the first step: element [0]: expected 1, got 1.5
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
    if (options_.nesterov)
      g.add_(buffer, options_.momentum);
    else
      g = buffer;
  }
  parameter.add_(g, -lr());
}
