/// A network learns to read handwritten digits on the best device that is there.
///
///   07_gpu/train_digits              on a GPU, or on the simulated one
///   07_gpu/train_digits --device cpu for comparison
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "kindling/cuda.h"
#include "kindling/data.h"
#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"

using namespace kindling;

struct DigitReader : nn::Module {
  nn::Sequential& layers = add<nn::Sequential>("layers");

  DigitReader() {
    layers.append<nn::Linear>(64, 128).append<nn::ReLU>().append<nn::Linear>(128, 10);
  }
  Tensor forward(const Tensor& images) override { return layers(images); }  // [batch, 10]
};

/// In percent.
static double accuracy(DigitReader& model, const Tensor& images, const Tensor& labels) {
  NoGrad guard;
  return 100 * mean((argmax(model(images), 1) == labels).to(float32)).item();
}

int main(int argc, char** argv) {
  CLI::App app{"Learns to read handwritten digits on a GPU."};
  std::string where = "best";
  std::int64_t epochs = 20;
  app.add_option("--device", where, "best, cpu or cuda")
      ->check(CLI::IsMember({"best", "cpu", "cuda"}))
      ->capture_default_str();
  app.add_option("--epochs", epochs, "how often it sees every digit")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  try {
    const Device device = where == "cpu" ? cpu : where == "cuda" ? cuda_device : best_device();
    std::cout << "training on " << device;
    if (device != cpu) std::cout << ", " << cuda::get_device_name(device.index);
    std::cout << "\n";

    // All of the data goes to the device once, so no batch has to travel.
    const data::TensorDataset all = data::digits();
    Generator generator(0);
    const Tensor order = randperm(all.size(), generator);
    const auto part = [&](const Tensor& t, std::int64_t from, std::int64_t to) {
      return index_select(t, 0, order.slice(0, from, to)).to(device);
    };
    const data::TensorDataset train(part(all.data(), 0, 1437), part(all.targets(), 0, 1437));
    const Tensor test_images = part(all.data(), 1437, all.size());
    const Tensor test_labels = part(all.targets(), 1437, all.size());

    manual_seed(123);
    DigitReader model;
    model.to(device);
    optim::SGD optimizer(model.parameters(), {.lr = 0.1, .momentum = 0.9});
    data::DataLoader loader(train, {.batch_size = 64, .shuffle = true});

    const auto start = std::chrono::steady_clock::now();
    for (std::int64_t epoch = 1; epoch <= epochs; ++epoch) {
      Tensor total = zeros({}, float32, device);  // stays there: reading it would stop the host
      for (const auto& [images, labels] : loader) {
        const Tensor loss = nn::cross_entropy(model(images), labels);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        NoGrad guard;
        total.add_(loss.detach(), static_cast<double>(labels.numel()));
      }
      if (epoch == 1 || epoch == epochs || epoch % 5 == 0)
        std::cout << fmt::format("epoch {:2}/{}  loss {:.4f}  held-out accuracy {:5.2f} %\n", epoch,
                                 epochs, total.item() / static_cast<double>(train.size()),
                                 accuracy(model, test_images, test_labels));
    }
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::cout << fmt::format("trained in {:.1f} s; accuracy on held-out digits: {:.2f} %\n",
                             seconds.count(), accuracy(model, test_images, test_labels));
    if (device != cpu) std::cout << "\n" << cuda::memory_summary(device.index);
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
}
