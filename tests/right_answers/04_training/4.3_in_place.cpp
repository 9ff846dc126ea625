/// One operation in place after the other.
void SGD::update(Tensor& parameter, const Tensor& grad, State& state) {
  Tensor g = grad.clone();
  if (options_.weight_decay != 0) g.add_(parameter, options_.weight_decay);
  if (options_.momentum == 0) {
    parameter.sub_(g.mul_(lr()));
    return;
  }
  Tensor& buffer = state["momentum_buffer"];
  if (!buffer.defined())
    buffer = g.clone();
  else
    buffer.mul_(options_.momentum).add_(g * (1 - options_.dampening));
  if (options_.nesterov)
    parameter.sub_(g.add_(buffer, options_.momentum).mul_(lr()));
  else
    parameter.add_(buffer, -lr());
}
