/// Takes a NaN in the gradient for 0.
/// \caught_at_random expected nan, got
void SGD::update(Tensor& parameter, const Tensor& grad, State& state) {
  Tensor g = where(isnan(grad), 0, grad);
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
  parameter.add_(g, -lr());
}
