#include "kindling/train.h"

#include "kindling/loss.h"
#include "kindling/ops.h"

/// The loop that everything before was built for.
namespace kindling {

/// How many of the labels count: cross_entropy() ignores −100, as PyTorch does.
static std::int64_t count_labels(const Tensor& targets) {
  NoGrad guard;
  return sum(targets != nn::LabelLossOptions().ignore_index).item<std::int64_t>();
}

/// \exercise{4.5} In training mode, for each batch: logits, their cross-entropy with the targets;
/// gradients to zero, backward, one step of the optimiser; then after_batch, if there is one, with
/// the batch's number (from 0) and its loss. after_batch may put the model into evaluation mode:
/// the next batch, and whoever comes after the last, finds it in training mode all the same. The
/// result is the mean over all examples, not over batches: the last batch may be smaller. An
/// example whose label is ignored is none: the loss of a batch is the mean over the others,
/// count_labels() of them, and NaN if there are none, as in an empty batch, which so has no part in
/// the result. \throws Error "train_epoch: there are no examples to train on"
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

/// \exercise{4.5} In evaluation mode, and without recording: how many of the examples have their
/// largest logit (argmax along axis 1) at their label, divided by how many there are, again without
/// those whose label is ignored.
/// \throws Error "accuracy: expected at least one example, got none", or if the targets have
/// another shape than the predictions: "accuracy: expected labels of shape [2], got [2, 1]"
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
    examples += count_labels(targets);
  }
  check(examples > 0, "accuracy: expected at least one example, got none");
  return static_cast<double>(correct) / static_cast<double>(examples);
}

}  // namespace kindling
