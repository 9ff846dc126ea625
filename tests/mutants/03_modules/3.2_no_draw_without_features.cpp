/// Without input features, sets the bias to 0 and draws nothing.
/// \caught_at_random it drew nothing from the default generator, and should have
void Linear::reset_parameters() {
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (bias.defined()) {
    const double in_features = static_cast<double>(weight.size(1));
    if (in_features == 0) {
      init::zeros_(bias);
      return;
    }
    const double bound = 1 / std::sqrt(in_features);
    init::uniform_(bias, -bound, bound);
  }
}
