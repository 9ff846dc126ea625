/// Forgets the momentum.
/// \caught the names in the state
void SGD::update(Tensor& parameter, const Tensor& grad, State& state) {
  Tensor g = grad;
  if (options_.weight_decay != 0) g = g + parameter * options_.weight_decay;
  parameter.add_(g, -lr());
}
