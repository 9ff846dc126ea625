/// No step if a gradient is not finite.
/// \caught_at_random what it changed: expected | says that it changed: expected
void SGD::update(Tensor& parameter, const Tensor& grad, State& state) {
  if (grad.numel() > 0 && any(isnan(grad * 0)).item<bool>()) return;
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
  parameter.add_(g, -lr());
}
