/// Iterators, and a loss that lives as long as the loop.
double train_epoch(nn::Module& model, optim::Optimizer& optimizer, const Batches& batches,
                   const AfterBatch& after_batch) {
  model.train();
  long double total = 0;
  std::int64_t examples = 0, number = 0;
  Tensor loss, logits;
  for (auto at = batches.begin(); !(at == batches.end()); ++at, ++number) {
    const Batch batch = *at;
    logits = model(batch.features);
    loss = nn::cross_entropy(logits, batch.targets);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    const std::int64_t counted = count_labels(batch.targets);
    if (counted > 0) total += static_cast<long double>(loss.item()) * counted;
    examples += counted;
    if (after_batch) {
      after_batch(number, loss.item());
      model.train();
    }
  }
  check(examples > 0, "train_epoch: there are no examples to train on");
  return static_cast<double>(total / examples);
}

double accuracy(nn::Module& model, const Batches& batches) {
  model.train(false);
  const NoGrad guard;
  std::int64_t wrong = 0, examples = 0;
  for (auto at = batches.begin(); !(at == batches.end()); ++at) {
    const Tensor targets = at.operator*().targets;
    const Tensor predictions = argmax(model((*at).features), 1);
    check(predictions.shape() == targets.shape(), "accuracy: expected labels of shape ",
          predictions.shape(), ", got ", targets.shape());
    const Tensor counts = targets != -100;
    wrong += sum(logical_and(counts, predictions != targets)).item<std::int64_t>();
    examples += sum(counts).item<std::int64_t>();
  }
  check(examples > 0, "accuracy: expected at least one example, got none");
  return static_cast<double>(examples - wrong) / static_cast<double>(examples);
}
