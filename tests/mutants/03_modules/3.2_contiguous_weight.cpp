/// Drawing anew moves the weight into row-major memory of its own.
/// \caught_at_random the memory of weight after layer.reset_parameters(): | whether the weight is where it was
void Linear::reset_parameters() {
  if (!weight.is_contiguous()) weight.set_data(weight.detach().contiguous());
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (bias.defined()) {
    const double in_features = static_cast<double>(weight.size(1));
    const double bound = in_features > 0 ? 1 / std::sqrt(in_features) : 0;
    init::uniform_(bias, -bound, bound);
  }
}
