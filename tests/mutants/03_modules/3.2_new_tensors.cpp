/// Makes new tensors: an optimiser that holds the old ones trains nothing any more.
/// \caught the weight is another tensor than before
void Linear::reset_parameters() {
  const bool with_bias = bias.defined();
  const Shape shape = weight.shape();
  weight = empty(shape).requires_grad_();
  init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  if (with_bias) {
    const double in_features = static_cast<double>(shape[1]);
    const double bound = in_features > 0 ? 1 / std::sqrt(in_features) : 0;
    bias = empty({shape[0]}).requires_grad_();
    init::uniform_(bias, -bound, bound);
  }
}
