/// Goes along g and along b, one after the other.
void SGD::update(Tensor& parameter, const Tensor& grad, State& state) {
  const auto& [rate, momentum, dampening, decay, nesterov] = options_;
  const Tensor g = decay != 0 ? grad + parameter * decay : grad;
  if (momentum == 0) {
    parameter.add_(g, -lr());
    return;
  }
  if (!state.contains("momentum_buffer")) {
    state["momentum_buffer"] = zeros_like(parameter).copy_(g);
  } else {
    state["momentum_buffer"].mul_(momentum);
    state["momentum_buffer"].add_(g, 1 - dampening);
  }
  parameter.add_(state["momentum_buffer"], nesterov ? -lr() * momentum : -lr());
  if (nesterov) parameter.add_(g, -lr());
}
