/// Draws the bias before the weight: both get the random numbers of the other.
/// \caught the first weights of a Linear(50, 30): element [0]
void Linear::reset_parameters() {
  if (bias.defined()) {
    const double in_features = static_cast<double>(weight.size(1));
    const double bound = in_features > 0 ? 1 / std::sqrt(in_features) : 0;
    init::uniform_(bias, -bound, bound);
  }
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
}
