/// m moves towards g by 1 − β₁ of the way.
void Adam::update(Tensor& parameter, const Tensor& grad, State& state) {
  const auto [beta1, beta2] = options_.betas;
  const double decay = options_.weight_decay;
  if (!state.contains("step")) state["step"] = zeros({}, int64);
  for (const char* name : {"exp_avg", "exp_avg_sq"})
    if (!state.contains(name)) state[name] = zeros_like(parameter);
  Tensor t = state["step"], m = state["exp_avg"], v = state["exp_avg_sq"];
  t.add_(1);
  Tensor g = grad;
  if (!decoupled_ && decay != 0) g = parameter * decay + g;
  if (decoupled_) parameter.copy_(parameter * (1 - lr() * decay));
  m.copy_(g * (1 - beta1) + m * beta1);
  v.mul_(beta2);
  v.add_((g * g) * (1 - beta2));
  const double m_bias = 1 - std::pow(beta1, t.item()), v_bias = 1 - std::pow(beta2, t.item());
  parameter.copy_(parameter - lr() * (m / m_bias) / (sqrt(v / v_bias) + options_.eps));
}
