/// Clips gradients at 1000.
/// \caught_at_random after update( | optimizer.step()
void SGD::update(Tensor& parameter, const Tensor& grad, State& state) {
  Tensor g = clamp(grad, -1000, 1000);
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
