/// Writes into the memory by itself: nothing notices that the weight has changed.
/// \caught backward() after reset_parameters()
void Linear::reset_parameters() {
  if (weight.device() == cpu && weight.is_contiguous() && weight.storage_offset() == 0) {
    Tensor drawn = empty(weight.shape(), weight.dtype());
    init::kaiming_uniform_(drawn, {.a = std::sqrt(5.0)});
    std::copy_n(drawn.storage().data(), drawn.storage().bytes(), weight.storage().data());
  } else {
    init::kaiming_uniform_(weight, {.a = std::sqrt(5.0)});
  }
  if (bias.defined()) {
    const double in_features = static_cast<double>(weight.size(1));
    const double bound = in_features > 0 ? 1 / std::sqrt(in_features) : 0;
    init::uniform_(bias, -bound, bound);
  }
}
