/// The hour, section 6, and the training loop of section 7: examples, served in batches.
#include <fmt/core.h>

#include <iostream>

#include "kindling/data.h"
#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"
#include "kindling/train.h"

using namespace kindling;

static void section(const char* title) { std::cout << "\n--- " << title << "\n"; }

struct ToyDataset : data::Dataset {
  Tensor features, labels;

  ToyDataset(Tensor X, Tensor y) : features(X), labels(y) {}
  data::Example get(std::int64_t index) const override { return {features[index], labels[index]}; }
  std::int64_t size() const override { return labels.size(0); }
};

struct NeuralNetwork : nn::Module {
  nn::Sequential& layers = add<nn::Sequential>("layers");

  NeuralNetwork(std::int64_t inputs, std::int64_t outputs) {
    layers.append<nn::Linear>(inputs, 30)
        .append<nn::ReLU>()
        .append<nn::Linear>(30, 20)
        .append<nn::ReLU>()
        .append<nn::Linear>(20, outputs);
  }

  Tensor forward(const Tensor& x) override { return layers(x); }
};

int main() {
  section("6  A dataset of one's own");
  Tensor X_train = tensor({{-1.2, 3.1}, {-0.9, 2.9}, {-0.5, 2.6}, {2.3, -1.1}, {2.7, -1.5}});
  Tensor y_train = tensor({0, 0, 0, 1, 1});
  Tensor X_test = tensor({{-0.8, 2.8}, {2.6, -1.6}});
  Tensor y_test = tensor({0, 1});
  ToyDataset train_ds(X_train, y_train), test_ds(X_test, y_test);
  std::cout << "train_ds.size() = " << train_ds.size() << "\n";
  std::cout << "train_ds[0] = " << train_ds[0].data << ", " << train_ds[0].target << "\n";

  section("6  Shuffled batches of two");
  manual_seed(123);
  data::DataLoader train_loader(train_ds, {.batch_size = 2, .shuffle = true});
  int batch = 0;
  for (auto& [x, y] : train_loader)
    std::cout << "Batch " << ++batch << ": " << x << " " << y << "\n";

  section("6  The same without the last, smaller batch");
  data::DataLoader whole_batches(train_ds, {.batch_size = 2, .shuffle = true, .drop_last = true});
  batch = 0;
  for (auto& [x, y] : whole_batches)
    std::cout << "Batch " << ++batch << ": " << x << " " << y << "\n";

  section("7  A typical training loop");
  manual_seed(123);
  NeuralNetwork model(2, 2);
  optim::SGD optimizer(model.parameters(), {.lr = 0.5});

  const int num_epochs = 3;
  for (int epoch = 0; epoch < num_epochs; ++epoch) {
    model.train();
    batch = 0;
    for (auto& [features, labels] : whole_batches) {
      Tensor loss = nn::cross_entropy(model(features), labels);

      optimizer.zero_grad();
      loss.backward();
      optimizer.step();

      std::cout << fmt::format("Epoch: {:03}/{:03} | Batch {:03}/{:03} | Train Loss: {:.2f}\n",
                               epoch + 1, num_epochs, batch++, whole_batches.size(), loss.item());
    }
  }

  section("7  Accuracy");
  data::DataLoader test_loader(test_ds, {.batch_size = 2});
  std::cout << fmt::format("on the training set: {:.1f}\n", accuracy(model, train_loader));
  std::cout << fmt::format("on the test set:     {:.1f}\n", accuracy(model, test_loader));
}
