/// Leaves a at 0: weights are √6 times as large.
/// \caught the weight of a Linear(100, 400): the largest of its numbers
void Linear::reset_parameters() {
  init::kaiming_uniform_(weight);
  if (bias.defined()) {
    const double in_features = static_cast<double>(weight.size(1));
    const double bound = in_features > 0 ? 1 / std::sqrt(in_features) : 0;
    init::uniform_(bias, -bound, bound);
  }
}
