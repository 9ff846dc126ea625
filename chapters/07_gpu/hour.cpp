/// The hour, sections 9.1 and 9.2: the same computations on a GPU.
#include <fmt/core.h>

#include <iostream>

#include "kindling/cuda.h"
#include "kindling/data.h"
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

/// The share of examples that the model is right about, wherever it lives.
static double accuracy_on(Device device, nn::Module& model, data::DataLoader& loader) {
  NoGrad guard;
  model.eval();
  Tensor correct = zeros({}, int64, device);
  for (const auto& [features, labels] : loader)
    correct.add_(sum(argmax(model(features.to(device)), 1) == labels.to(device)));
  return correct.item() / static_cast<double>(loader.dataset().size());
}

int main() {
  section("9.1  Devices");
  std::cout << std::boolalpha << "cuda::is_available(): " << cuda::is_available()
            << ", devices: " << cuda::device_count() << "\n";
  if (!cuda::is_available()) {
    std::cout << "This build has no CUDA: configure it with -DKINDLING_CUDA=simulated.\n";
    return 0;
  }
  std::cout << "device 0: " << cuda::get_device_name() << "\n";
  Tensor tensor_1 = tensor({1., 2., 3.}), tensor_2 = tensor({4., 5., 6.});
  std::cout << "on the CPU: " << tensor_1 + tensor_2 << "\n";

  tensor_1 = tensor_1.to(cuda_device);
  tensor_2 = tensor_2.to(cuda_device);
  std::cout << "on cuda:    " << tensor_1 + tensor_2 << "\n";

  tensor_1 = tensor_1.to(cpu);
  try {
    std::cout << tensor_1 + tensor_2 << "\n";
  } catch (const Error& error) {
    std::cout << "on both:    " << error.what() << "\n";
  }

  section("9.2  Training on one GPU");
  Tensor X_train = tensor({{-1.2, 3.1}, {-0.9, 2.9}, {-0.5, 2.6}, {2.3, -1.1}, {2.7, -1.5}});
  Tensor y_train = tensor({0, 0, 0, 1, 1});
  Tensor X_test = tensor({{-0.8, 2.8}, {2.6, -1.6}});
  Tensor y_test = tensor({0, 1});
  data::DataLoader train_loader(data::TensorDataset(X_train, y_train),
                                {.batch_size = 2, .shuffle = true, .drop_last = true});

  manual_seed(123);
  NeuralNetwork model(2, 2);
  const Device device = best_device();
  model.to(device);
  optim::SGD optimizer(model.parameters(), {.lr = 0.5});

  const int num_epochs = 3;
  for (int epoch = 0; epoch < num_epochs; ++epoch) {
    model.train();
    int batch = 0;
    for (auto& [features, labels] : train_loader) {
      Tensor loss = nn::cross_entropy(model(features.to(device)), labels.to(device));

      optimizer.zero_grad();
      loss.backward();
      optimizer.step();

      std::cout << fmt::format("Epoch: {:03}/{:03} | Batch {:03}/{:03} | Train Loss: {:.2f}\n",
                               epoch + 1, num_epochs, batch++, train_loader.size(), loss.item());
    }
  }

  section("9.2  Accuracy");
  data::DataLoader all_of_it(data::TensorDataset(X_train, y_train), {.batch_size = 2});
  data::DataLoader test_loader(data::TensorDataset(X_test, y_test), {.batch_size = 2});
  std::cout << fmt::format("on the training set: {:.1f}\n", accuracy_on(device, model, all_of_it));
  std::cout << fmt::format("on the test set:     {:.1f}\n",
                           accuracy_on(device, model, test_loader));
}
