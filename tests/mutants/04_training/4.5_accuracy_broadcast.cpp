/// Compares [2] with [2, 1], which are four comparisons.
/// \caught accuracy with labels in a column: expected an Error, and none was thrown
double accuracy(nn::Module& model, const Batches& batches) {
  NoGrad guard;
  model.eval();
  std::int64_t correct = 0;
  std::int64_t examples = 0;
  for (const auto& [features, targets] : batches) {
    const Tensor predictions = argmax(model(features), 1);
    correct += sum(predictions == targets).item<std::int64_t>();
    examples += targets.numel();
  }
  check(examples > 0, "accuracy: there are no examples to be right about");
  return static_cast<double>(correct) / static_cast<double>(examples);
}
