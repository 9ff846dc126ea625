/// Computes new tensors, and copies them into the old.
void SGD::update(Tensor& parameter, const Tensor& grad, State& state) {
  Tensor direction = grad;
  if (options_.weight_decay != 0) direction = parameter * options_.weight_decay + direction;
  if (options_.momentum != 0) {
    const auto found = state.find("momentum_buffer");
    if (found == state.end()) {
      state["momentum_buffer"] = direction.clone();
    } else {
      Tensor& b = found->second;
      b.copy_(b * options_.momentum + direction * (1 - options_.dampening));
    }
    const Tensor b = state.at("momentum_buffer");
    direction = options_.nesterov ? direction + b * options_.momentum : b;
  }
  parameter.copy_(parameter - direction * lr());
}
