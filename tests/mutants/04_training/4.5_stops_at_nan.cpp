/// Ends the epoch where a loss is NaN.
/// \caught_at_random nan | there are no examples to train on
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
    if (loss.item() != loss.item() && count_labels(targets) > 0) break;
    const std::int64_t counted = count_labels(targets);
    if (counted > 0) total += loss.item() * static_cast<double>(counted);
    examples += counted;
    if (after_batch) after_batch(number, loss.item());
    model.train();
    ++number;
  }
  check(examples > 0, "train_epoch: there are no examples to train on");
  return total / static_cast<double>(examples);
}
