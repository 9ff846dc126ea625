/// The hour, section 7: a training loop.
#include <fmt/core.h>

#include <iostream>

#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"
#include "kindling/train.h"

using namespace kindling;

static void section(const char* title) { std::cout << "\n--- " << title << "\n"; }

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
  Tensor X_train = tensor({{-1.2, 3.1}, {-0.9, 2.9}, {-0.5, 2.6}, {2.3, -1.1}, {2.7, -1.5}});
  Tensor y_train = tensor({0, 0, 0, 1, 1});
  Tensor X_test = tensor({{-0.8, 2.8}, {2.6, -1.6}});
  Tensor y_test = tensor({0, 1});

  // The order in which a DataLoader deals out these examples after this seed; chapter 5 builds the
  // loader.
  const std::vector<std::vector<Tensor>> shuffled{{tensor({2, 1}), tensor({3, 0})},
                                                  {tensor({3, 4}), tensor({1, 2})},
                                                  {tensor({0, 4}), tensor({1, 2})}};

  section("7  A typical training loop");
  manual_seed(123);
  NeuralNetwork model(2, 2);
  optim::SGD optimizer(model.parameters(), {.lr = 0.5});

  const std::size_t num_epochs = 3;
  for (std::size_t epoch = 0; epoch < num_epochs; ++epoch) {
    model.train();
    for (std::size_t batch = 0; batch < shuffled[epoch].size(); ++batch) {
      const Tensor& examples = shuffled[epoch][batch];
      Tensor features = index_select(X_train, 0, examples);
      Tensor labels = index_select(y_train, 0, examples);

      Tensor logits = model(features);
      Tensor loss = nn::cross_entropy(logits, labels);

      optimizer.zero_grad();
      loss.backward();
      optimizer.step();

      std::cout << fmt::format("Epoch: {:03}/{:03} | Batch {:03}/{:03} | Train Loss: {:.2f}\n",
                               epoch + 1, num_epochs, batch, shuffled[epoch].size(), loss.item());
    }
  }

  section("7  What it has learnt");
  model.eval();
  Tensor outputs;
  {
    NoGrad guard;
    outputs = model(X_train);
  }
  std::cout << "logits =\n" << outputs << "\n";

  print_options().sci_mode = false;
  std::cout << "softmax(logits, 1) =\n" << softmax(outputs, 1) << "\n";

  Tensor predictions = argmax(outputs, 1);
  std::cout << "argmax(logits, 1) = " << predictions << "\n";
  std::cout << "predictions == y_train: " << (predictions == y_train) << "\n";
  std::cout << "sum(predictions == y_train) = " << sum(predictions == y_train) << "\n";

  section("7  Accuracy");
  std::cout << "on the training set: "
            << fmt::format("{:.1f}", accuracy(model, std::vector<Batch>{{X_train, y_train}}))
            << "\n";
  std::cout << "on the test set:     "
            << fmt::format("{:.1f}", accuracy(model, std::vector<Batch>{{X_test, y_test}})) << "\n";
}
