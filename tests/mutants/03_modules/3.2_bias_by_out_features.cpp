/// Takes the length of the bias, out_features, for in_features.
/// \caught the bias of a Linear(100, 400): the largest of its numbers
void Linear::reset_parameters() {
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (bias.defined()) {
    const double bound = bias.numel() > 0 ? 1 / std::sqrt(static_cast<double>(bias.numel())) : 0;
    init::uniform_(bias, -bound, bound);
  }
}
