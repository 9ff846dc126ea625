/// Keeps the losses of the epoch, to add them up at its end.
/// \caught_at_random ?
double train_epoch(nn::Module& model, optim::Optimizer& optimizer, const Batches& batches,
                   const AfterBatch& after_batch) {
  model.train();
  std::vector<std::pair<Tensor, std::int64_t>> losses;
  std::int64_t examples = 0;
  std::int64_t number = 0;
  for (const auto& [features, targets] : batches) {
    const Tensor loss = nn::cross_entropy(model(features), targets);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    const std::int64_t counted = count_labels(targets);
    if (counted > 0) losses.emplace_back(loss, counted);
    examples += counted;
    if (after_batch) after_batch(number, loss.item());
    model.train();
    ++number;
  }
  check(examples > 0, "train_epoch: there are no examples to train on");
  double total = 0;
  for (const auto& [loss, counted] : losses) total += loss.item() * static_cast<double>(counted);
  return total / static_cast<double>(examples);
}
