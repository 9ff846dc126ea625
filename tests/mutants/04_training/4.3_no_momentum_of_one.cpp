/// Takes a momentum of 1 or more for a mistake, and for 0.99.
/// \caught_at_random momentum_buffer | the memory of p
void SGD::update(Tensor& parameter, const Tensor& grad, State& state) {
  Tensor g = grad;
  if (options_.weight_decay != 0) g = g + parameter * options_.weight_decay;
  if (options_.momentum != 0) {
    Tensor& buffer = state["momentum_buffer"];
    if (buffer.defined()) {
      buffer.mul_(std::min(options_.momentum, 0.99)).add_(g, 1 - options_.dampening);
    } else {
      buffer = g.clone();
    }
    g = options_.nesterov ? g + buffer * options_.momentum : buffer;
  }
  parameter.add_(g, -lr());
}
