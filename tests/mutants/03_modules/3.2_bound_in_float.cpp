/// Computes the bound of the bias as a float.
/// \caught_at_random the memory of bias after layer.reset_parameters(): element [
void Linear::reset_parameters() {
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (bias.defined()) {
    const double in_features = static_cast<double>(weight.size(1));
    const float bound = in_features > 0 ? 1 / std::sqrt(static_cast<float>(in_features)) : 0;
    init::uniform_(bias, -bound, bound);
  }
}
