/// Looks for the best example of each class, not for the best class of each example.
/// \caught both right: expected 1, got 0.5
double accuracy(nn::Module& model, const Batches& batches) {
  NoGrad guard;
  model.eval();
  std::int64_t correct = 0;
  std::int64_t examples = 0;
  for (const auto& [features, targets] : batches) {
    const Tensor predictions = argmax(model(features), 0);
    check(predictions.shape() == targets.shape(), "accuracy: expected labels of shape ",
          predictions.shape(), ", got ", targets.shape());
    correct += sum(predictions == targets).item<std::int64_t>();
    examples += targets.numel();
  }
  check(examples > 0, "accuracy: there are no examples to be right about");
  return static_cast<double>(correct) / static_cast<double>(examples);
}
