/// Draws nothing in evaluation mode.
/// \caught_at_random reset_parameters()
void Linear::reset_parameters() {
  if (!is_training()) return;
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (bias.defined()) {
    const double in_features = static_cast<double>(weight.size(1));
    const double bound = in_features > 0 ? 1 / std::sqrt(in_features) : 0;
    init::uniform_(bias, -bound, bound);
  }
}
