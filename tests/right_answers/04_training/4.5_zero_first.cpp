/// Gradients to zero before the forward pass; the loss as a number only.
double train_epoch(nn::Module& model, optim::Optimizer& optimizer, const Batches& batches,
                   const AfterBatch& after_batch) {
  double sum_of_losses = 0;
  std::int64_t examples = 0, number = 0;
  model.train();
  for (const Batch& batch : batches) {
    model.train();
    optimizer.zero_grad();
    double value = 0;
    {
      const Tensor loss = nn::cross_entropy(model(batch.features), batch.targets);
      loss.backward();
      value = loss.item();
    }
    optimizer.step();
    if (const std::int64_t many = count_labels(batch.targets); many != 0) {
      sum_of_losses += value * static_cast<double>(many);
      examples += many;
    }
    if (after_batch) after_batch(number, value);
    number += 1;
  }
  model.train();
  if (examples == 0) fail("train_epoch: there are no examples to train on");
  return sum_of_losses / static_cast<double>(examples);
}

double accuracy(nn::Module& model, const Batches& batches) {
  model.eval();
  NoGrad guard;
  double correct = 0, examples = 0;
  for (const Batch& batch : batches) {
    const Tensor predictions = argmax(model(batch.features), 1);
    if (predictions.shape() != batch.targets.shape())
      fail("accuracy: expected labels of shape ", predictions.shape(), ", got ",
           batch.targets.shape());
    correct += sum((predictions == batch.targets).to(int64)).item();
    examples += static_cast<double>(count_labels(batch.targets));
  }
  check(examples > 0, "accuracy: expected at least one example, got none");
  return correct / examples;
}
