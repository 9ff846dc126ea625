/// Draws float32 numbers on the CPU, and copies them to where the weight is.
/// \caught_at_random the memory of weight after layer.reset_parameters(): element [ | layer.reset_parameters(): what it changed: | from the default generator
void Linear::reset_parameters() {
  Tensor drawn = empty(weight.shape());
  init::kaiming_uniform_(drawn, {.a = std::sqrt(5.0)});
  NoGrad guard;
  weight.copy_(drawn);
  if (bias.defined()) {
    const double in_features = static_cast<double>(weight.size(1));
    const double bound = in_features > 0 ? 1 / std::sqrt(in_features) : 0;
    init::uniform_(bias, -bound, bound);
  }
}
