/// Divides 0 by 0 if there are no examples.
/// \caught train_epoch without batches: expected an Error, and none was thrown
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
    total += loss.item() * static_cast<double>(targets.numel());
    examples += targets.numel();
    if (after_batch) after_batch(number, loss.item());
    ++number;
  }
  return total / static_cast<double>(examples);
}
