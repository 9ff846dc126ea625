/// Ignores every negative label in accuracy().
/// \caught the labels 0, -1, 2, -99, one of four right: expected 0.25, got 0.5
double train_epoch(nn::Module& model, optim::Optimizer& optimizer, const Batches& batches,
                   const AfterBatch& after_batch) {
  model.train();
  double total = 0;
  std::int64_t examples = 0;
  std::int64_t number = 0;
  for (const auto& [features, targets] : batches) {
    const Tensor loss = nn::cross_entropy(model(features), targets);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();

    const std::int64_t counted = count_labels(targets);
    if (counted > 0) total += loss.item() * static_cast<double>(counted);
    examples += counted;
    if (after_batch) after_batch(number, loss.item());
    model.train();  // after_batch may have evaluated it
    ++number;
  }
  check(examples > 0, "train_epoch: there are no examples to train on");
  return total / static_cast<double>(examples);
}

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
    examples += sum(targets >= 0).item<std::int64_t>();
  }
  check(examples > 0, "accuracy: expected at least one example, got none");
  return static_cast<double>(correct) / static_cast<double>(examples);
}
