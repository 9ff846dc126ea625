/// Lets log_softmax() and nll_loss() record themselves.
/// \caught two operations were recorded
Tensor cross_entropy(const Tensor& input, const Tensor& targets, const LabelLossOptions& options) {
  check_labels("cross_entropy", input, targets, options.ignore_index);
  return nll_loss(log_softmax(input, input.dim() == 1 ? 0 : 1), targets, options);
}
