/// No step if a gradient is not finite.
/// \caught_at_random what it changed: expected | says that it changed: expected
void Adam::update(Tensor& parameter, const Tensor& grad, State& state) {
  const auto [beta1, beta2] = options_.betas;
  if (!state.empty() && grad.numel() > 0 && any(isnan(grad * 0)).item<bool>()) return;
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

  // Each line is one pass over memory. Of one operation each, they would be twice as many.
  zip_("Adam", Axpby{beta1, 1 - beta1}, m, g);
  zip_("Adam", DecayedSquare{beta2}, v, g);
  const double m_bias = 1 - std::pow(beta1, t);
  const double v_bias = 1 - std::pow(beta2, t);
  const Tensor direction = zip(AdamDirection{std::sqrt(v_bias), options_.eps}, m, v);
  parameter.add_(direction, -lr() / m_bias);
}
