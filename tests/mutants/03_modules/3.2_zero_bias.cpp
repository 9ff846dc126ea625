/// Sets the bias to 0 instead of drawing it.
/// \caught the bias of a Linear(100, 400): the largest of its numbers
void Linear::reset_parameters() {
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (bias.defined()) init::zeros_(bias);
}
