/// Takes the corrections for 1 from step 10,000 on.
/// \caught p = 0 after a step with g = 1, m = 1, v = 0.25
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

  zip_("Adam", Axpby{beta1, 1 - beta1}, m, g);
  zip_("Adam", DecayedSquare{beta2}, v, g);
  const double m_bias = 1 - std::pow(beta1, t);
  const double v_bias = t > 10000 ? 1 : 1 - std::pow(beta2, t);
  const Tensor direction = zip(AdamDirection{std::sqrt(v_bias), options_.eps}, m, v);
  parameter.add_(direction, -lr() / m_bias);
}
