#include <vector>

/// Takes all batches first.
/// \caught_at_random what happened in accuracy()
double accuracy(nn::Module& model, const Batches& batches) {
  NoGrad guard;
  model.eval();
  std::int64_t correct = 0;
  std::int64_t examples = 0;
  std::vector<Batch> all;
  for (const Batch& batch : batches) all.push_back(batch);
  for (const auto& [features, targets] : all) {
    const Tensor predictions = argmax(model(features), 1);
    check(predictions.shape() == targets.shape(), "accuracy: expected labels of shape ",
          predictions.shape(), ", got ", targets.shape());
    correct += sum(predictions == targets).item<std::int64_t>();
    examples += count_labels(targets);
  }
  check(examples > 0, "accuracy: expected at least one example, got none");
  return static_cast<double>(correct) / static_cast<double>(examples);
}
