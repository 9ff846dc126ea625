/// The hour, section 5: a network is a module made of modules.
#include <iostream>

#include "kindling/nn.h"
#include "kindling/ops.h"

using namespace kindling;

static void section(const char* title) { std::cout << "\n--- " << title << "\n"; }

struct NeuralNetwork : nn::Module {
  nn::Sequential& layers = add<nn::Sequential>("layers");

  NeuralNetwork(std::int64_t inputs, std::int64_t outputs) {
    layers
        .append<nn::Linear>(inputs, 30)  // 1st hidden layer
        .append<nn::ReLU>()
        .append<nn::Linear>(30, 20)  // 2nd hidden layer
        .append<nn::ReLU>()
        .append<nn::Linear>(20, outputs);  // output layer
  }

  Tensor forward(const Tensor& x) override {
    return layers(x);
  }  // [batch, inputs] → [batch, outputs]
};

int main() {
  section("5  A network of three layers");
  manual_seed(123);
  NeuralNetwork model(50, 3);
  std::cout << model << "\n";

  section("5  Its parameters");
  std::cout << "Total number of trainable model parameters: " << model.num_parameters() << "\n";
  for (const auto& [name, parameter] : model.named_parameters())
    std::cout << name << " " << parameter.shape() << "\n";
  const nn::Linear& first = model.layers.get<nn::Linear>(0);
  std::cout << "\nParameter containing:\n" << first.weight << "\n";
  std::cout << "\nParameters of NeuralNetwork(2, 2): " << NeuralNetwork(2, 2).num_parameters()
            << "\n";

  section("5  Forward");
  manual_seed(123);
  Tensor x = rand({1, 50});
  std::cout << "model(x) = " << model(x) << "\n";

  NoGrad guard;  // nothing below is to be trained: no graph
  std::cout << "without recording:  " << model(x) << "\n";
  std::cout << "as probabilities:   " << softmax(model(x), 1) << "\n";
}
