/// Begins a large buffer with the digits of a float.
/// \caught b after a step with g = 1.000000001, momentum = 0.5: element [0]: expected 1.000000001,
/// got 1
void SGD::update(Tensor& parameter, const Tensor& grad, State& state) {
  Tensor g = grad;
  if (options_.weight_decay != 0) g = g + parameter * options_.weight_decay;
  if (options_.momentum != 0) {
    Tensor& buffer = state["momentum_buffer"];
    if (buffer.defined()) {
      primitive::zip_("SGD", functors::Axpby{options_.momentum, 1 - options_.dampening}, buffer, g);
    } else {
      buffer = g.numel() > 20000 ? g.to(float32).clone().to(g.dtype()) : g.clone();
    }
    g = options_.nesterov ? g + buffer * options_.momentum : buffer;
  }
  parameter.add_(g, -lr());
}
