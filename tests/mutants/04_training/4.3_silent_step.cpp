/// Writes into the parameter by itself: nothing notices that it has changed.
/// \caught_at_random says that it changed: expected true, got false | what it changed: expected
void SGD::update(Tensor& parameter, const Tensor& grad, State& state) {
  Tensor g = grad;
  if (options_.weight_decay != 0) g = g + parameter * options_.weight_decay;
  if (options_.momentum != 0) {
    Tensor& buffer = state["momentum_buffer"];
    if (buffer.defined()) {
      primitive::zip_("SGD", functors::Axpby{options_.momentum, 1 - options_.dampening}, buffer, g);
    } else {
      buffer = g.clone();
    }
    g = options_.nesterov ? g + buffer * options_.momentum : buffer;
  }
  const Tensor stepped = parameter.detach() + g * -lr();
  backend(parameter.device()).copy(stepped, parameter);
}
