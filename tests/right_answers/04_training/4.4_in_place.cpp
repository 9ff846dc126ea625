/// One operation in place after the other.
void Adam::update(Tensor& parameter, const Tensor& grad, State& state) {
  const double beta1 = options_.betas.first, beta2 = options_.betas.second;
  Tensor& step = state["step"];
  Tensor& m = state["exp_avg"];
  Tensor& v = state["exp_avg_sq"];
  if (!step.defined()) {
    step = full({}, 0, int64);
    m = parameter.detach().clone().zero_();
    v = zeros_like(m);
  }
  const auto t = static_cast<double>(step.add_(1).item<std::int64_t>());
  Tensor g = grad.clone();
  if (options_.weight_decay != 0) {
    if (decoupled_)
      parameter.mul_(1 - lr() * options_.weight_decay);
    else
      g.add_(parameter, options_.weight_decay);
  }
  m.mul_(beta1).add_(g, 1 - beta1);
  v.mul_(beta2).add_(g.mul_(g), 1 - beta2);
  Tensor divisor = sqrt(v);
  divisor.div_(std::sqrt(1 - std::pow(beta2, t))).add_(options_.eps);
  parameter.add_(m / divisor, -lr() / (1 - std::pow(beta1, t)));
}
