/// Gives the weight other memory when it draws anew.
/// \caught_at_random ?
void Linear::reset_parameters() {
  weight.set_data(zeros_like(weight.detach()));
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (bias.defined()) {
    const double in_features = static_cast<double>(weight.size(1));
    const double bound = in_features > 0 ? 1 / std::sqrt(in_features) : 0;
    init::uniform_(bias, -bound, bound);
  }
}
