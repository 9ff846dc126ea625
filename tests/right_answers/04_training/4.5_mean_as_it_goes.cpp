/// A mean that is moved by every batch.
double train_epoch(nn::Module& model, optim::Optimizer& optimizer, const Batches& batches,
                   const AfterBatch& after_batch) {
  model.train();
  double mean = 0;
  std::int64_t examples = 0, number = 0;
  for (const auto& [features, targets] : batches) {
    const Tensor loss = nn::cross_entropy(model(features), targets);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    const double value = loss.item();
    const std::int64_t counted = count_labels(targets);
    examples += counted;
    if (counted > 0)
      mean += (value - mean) * static_cast<double>(counted) / static_cast<double>(examples);
    if (after_batch) after_batch(number, value);
    model.train();
    ++number;
  }
  check(examples > 0, "train_epoch: there are no examples to train on");
  return mean;
}

double accuracy(nn::Module& model, const Batches& batches) {
  NoGrad guard;
  model.eval();
  std::int64_t correct = 0, examples = 0;
  for (const auto& [features, targets] : batches) {
    const Tensor predictions = argmax(model(features), 1);
    check(predictions.shape() == targets.shape(), "accuracy: expected labels of shape ",
          predictions.shape(), ", got ", targets.shape());
    const std::vector<std::int64_t> p = predictions.to_vector<std::int64_t>(),
                                    t = targets.to_vector<std::int64_t>();
    for (std::size_t i = 0; i < p.size(); ++i) {
      if (t[i] == nn::LabelLossOptions().ignore_index) continue;
      ++examples;
      if (p[i] == t[i]) ++correct;
    }
  }
  check(examples > 0, "accuracy: expected at least one example, got none");
  return static_cast<double>(correct) / static_cast<double>(examples);
}
