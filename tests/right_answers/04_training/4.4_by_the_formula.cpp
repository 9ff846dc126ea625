/// m̂ and v̂ as tensors, as the formula has them.
void Adam::update(Tensor& parameter, const Tensor& grad, State& state) {
  if (state.empty()) {
    state["step"] = tensor(0, int64);
    state["exp_avg"] = zeros(parameter.shape(), parameter.dtype(), parameter.device());
    state["exp_avg_sq"] = zeros(parameter.shape(), parameter.dtype(), parameter.device());
  }
  const auto& [beta1, beta2] = options_.betas;
  const double decay = options_.weight_decay;
  if (decoupled_) parameter.sub_(parameter * (lr() * decay));
  const Tensor g = decoupled_ || decay == 0 ? grad : grad + parameter * decay;
  Tensor t = state.at("step"), m = state.at("exp_avg"), v = state.at("exp_avg_sq");
  t.fill_(t.item<std::int64_t>() + 1);
  m.copy_(m * beta1 + g * (1 - beta1));
  v.copy_(v * beta2 + g * g * (1 - beta2));
  const Tensor m_hat = m / (1 - std::pow(beta1, t.item()));
  const Tensor v_hat = v / (1 - std::pow(beta2, t.item()));
  parameter.sub_(m_hat / (sqrt(v_hat) + options_.eps) * lr());
}
