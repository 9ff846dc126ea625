/// Drawing anew makes a frozen layer one that is trained.
/// \caught_at_random whether weight requires gradients, and has one: expected false and false, got true and false
void Linear::reset_parameters() {
  weight.requires_grad_();
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (bias.defined()) {
    const double in_features = static_cast<double>(weight.size(1));
    const double bound = in_features > 0 ? 1 / std::sqrt(in_features) : 0;
    init::uniform_(bias, -bound, bound);
  }
}
