/// Gives the parameter other memory in each step.
/// \caught_at_random what it changed: expected | the memory of p | whether the parameter is where it was | says that it changed: expected
void Adam::update(Tensor& parameter, const Tensor& grad, State& state) {
  const auto [beta1, beta2] = options_.betas;
  Tensor& step = state["step"];
  Tensor& m = state["exp_avg"];
  Tensor& v = state["exp_avg_sq"];
  if (!step.defined()) {
    step = zeros({}, int64);
    m = zeros_like(parameter);
    v = zeros_like(parameter);
  }
  step.add_(1);
  const double t = step.item();
  Tensor g = grad;
  if (decoupled_) {
    parameter.mul_(1 - lr() * options_.weight_decay);
  } else if (options_.weight_decay != 0) {
    g = g + parameter * options_.weight_decay;
  }
  m.mul_(beta1).add_(g, 1 - beta1);
  v.mul_(beta2).add_(g * g, 1 - beta2);
  const double m_bias = 1 - std::pow(beta1, t);
  const double v_bias = 1 - std::pow(beta2, t);
  parameter.set_data(parameter.detach() - m / (sqrt(v / v_bias) + options_.eps) * (lr() / m_bias));
}
