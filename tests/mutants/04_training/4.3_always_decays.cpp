/// Adds λ p also if λ is 0, so that 0 · ∞ spoils the step.
/// \caught_at_random , got nan | what it changed:
void SGD::update(Tensor& parameter, const Tensor& grad, State& state) {
  Tensor g = grad;
  g = g + parameter * options_.weight_decay;
  if (options_.momentum != 0) {
    Tensor& buffer = state["momentum_buffer"];
    if (buffer.defined()) {
      buffer.mul_(options_.momentum).add_(g, 1 - options_.dampening);
    } else {
      buffer = g.clone();
    }
    g = options_.nesterov ? g + buffer * options_.momentum : buffer;
  }
  parameter.add_(g, -lr());
}
