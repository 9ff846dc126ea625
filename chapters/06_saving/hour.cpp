/// The hour, section 8: what was learnt goes to a file, and into another model.
#include <unistd.h>

#include <filesystem>
#include <iostream>

#include "kindling/data.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"
#include "kindling/serialize.h"
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
  data::DataLoader loader(data::TensorDataset(X_train, y_train),
                          {.batch_size = 2, .shuffle = true, .drop_last = true});

  section("8  A trained model");
  manual_seed(123);
  NeuralNetwork model(2, 2);
  optim::SGD optimizer(model.parameters(), {.lr = 0.5});
  for (int epoch = 0; epoch < 3; ++epoch) train_epoch(model, optimizer, loader);

  NoGrad guard;
  model.eval();
  std::cout << "model(X_train) =\n" << model(X_train) << "\n";

  section("8  Its state, in a file");
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("kindling-" + std::to_string(getpid()));
  const std::filesystem::path path = folder / "model.safetensors";
  std::filesystem::create_directory(folder);
  save_safetensors(path, model.state_dict());
  for (const auto& [name, tensor] : model.state_dict())
    std::cout << name << " " << tensor.shape() << "\n";
  std::cout << path.filename() << ": " << std::filesystem::file_size(path) << " bytes\n";

  section("8  A fresh model, before and after");
  NeuralNetwork fresh(2, 2);
  std::cout << "equal(fresh(X_train), model(X_train)): " << std::boolalpha
            << equal(fresh(X_train), model(X_train)) << "\n";
  std::cout << fresh.load_state_dict(load_safetensors(path)) << "\n";
  std::cout << "equal(fresh(X_train), model(X_train)): " << equal(fresh(X_train), model(X_train))
            << "\n";
  std::filesystem::remove_all(folder);
}
