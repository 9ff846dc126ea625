/// Keeps the first gradient as the buffer, if it may be written to.
/// \caught_at_random the elements of g | got that of g
void SGD::update(Tensor& parameter, const Tensor& grad, State& state) {
  Tensor g = grad;
  if (options_.weight_decay != 0) g = g + parameter * options_.weight_decay;
  if (options_.momentum != 0) {
    Tensor& buffer = state["momentum_buffer"];
    if (buffer.defined()) {
      buffer.mul_(options_.momentum).add_(g, 1 - options_.dampening);
    } else {
      buffer = g.is_contiguous() && g.numel() > 2 ? g : g.clone();
    }
    g = options_.nesterov ? g + buffer * options_.momentum : buffer;
  }
  parameter.add_(g, -lr());
}
