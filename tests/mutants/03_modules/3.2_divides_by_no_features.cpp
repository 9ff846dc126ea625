/// 1/√0 is infinite, and so is the bias of a layer without inputs.
/// \caught the bias of a Linear(0, 2)
void Linear::reset_parameters() {
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (bias.defined()) {
    const double bound = 1 / std::sqrt(static_cast<double>(weight.size(1)));
    init::uniform_(bias, -bound, bound);
  }
}
