/// Calls after_batch before the step.
/// \caught the steps that had been taken at each call: at [0] expected 1, got 0
double train_epoch(nn::Module& model, optim::Optimizer& optimizer, const Batches& batches,
                   const AfterBatch& after_batch) {
  model.train();
  double total = 0;
  std::int64_t examples = 0;
  std::int64_t number = 0;
  for (const auto& [features, targets] : batches) {
    const Tensor loss = nn::cross_entropy(model(features), targets);
    if (after_batch) after_batch(number, loss.item());
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    total += loss.item() * static_cast<double>(targets.numel());
    examples += targets.numel();
    ++number;
  }
  check(examples > 0, "train_epoch: there are no examples to train on");
  return total / static_cast<double>(examples);
}
