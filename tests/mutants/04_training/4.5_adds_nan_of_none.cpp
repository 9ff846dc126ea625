/// A batch of which nothing counts has no loss: NaN times 0 is NaN.
/// \caught a batch in which all are ignored, and a batch of 1 with loss 4: expected 4, got
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
    total += loss.item() * static_cast<double>(count_labels(targets));
    examples += count_labels(targets);
    if (after_batch) after_batch(number, loss.item());
    ++number;
  }
  check(examples > 0, "train_epoch: there are no examples to train on");
  return total / static_cast<double>(examples);
}
