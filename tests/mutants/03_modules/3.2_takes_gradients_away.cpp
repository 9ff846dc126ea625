/// Takes the gradients away.
/// \caught_at_random whether weight requires gradients, and has one
void Linear::reset_parameters() {
  if (weight.requires_grad()) weight.set_grad(Tensor());
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (bias.defined()) {
    const double in_features = static_cast<double>(weight.size(1));
    const double bound = in_features > 0 ? 1 / std::sqrt(in_features) : 0;
    init::uniform_(bias, -bound, bound);
  }
}
