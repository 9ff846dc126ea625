/// The hour, section 9.3: the same training on several ranks, each with its part of the data.
///
///   ./learn run 08_distributed/hour              a job of one rank
///   ./learn run 08_distributed/hour --ranks 2    two processes
///   ./learn run 08_distributed/hour cuda         on GPUs: rank r takes the r-th of its host
#include <fmt/format.h>

#include <iostream>

#include "kindling/ddp.h"
#include "kindling/distributed.h"
#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"
#include "kindling/train.h"

using namespace kindling;

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

/// One write a line: the ranks share a terminal.
static void say(const distributed::ProcessGroup& group, const std::string& text) {
  std::cout << fmt::format("[rank {}] {}\n", group.rank(), text) << std::flush;
}

static void train(distributed::ProcessGroup& group, bool on_gpu) {
  const Device device = on_gpu ? distributed::take_gpu(group) : cpu;
  if (group.rank() == 0)
    std::cout << fmt::format("{} rank{}, by {}\n", group.world_size(),
                             group.world_size() == 1 ? "" : "s", group.name())
              << std::flush;

  const Tensor X_train = tensor({{-1.2, 3.1}, {-0.9, 2.9}, {-0.5, 2.6}, {2.3, -1.1}, {2.7, -1.5}});
  const Tensor y_train = tensor({0, 0, 0, 1, 1});
  const Tensor X_test = tensor({{-0.8, 2.8}, {2.6, -1.6}});
  const Tensor y_test = tensor({0, 1});
  const data::TensorDataset train_ds(X_train, y_train), test_ds(X_test, y_test);

  const auto sampler = std::make_shared<data::DistributedSampler>(train_ds.size(), group);
  data::DataLoader train_loader(
      train_ds, {.batch_size = 2, .pin_memory = on_gpu, .drop_last = true, .sampler = sampler});
  data::DataLoader test_loader(test_ds, {.batch_size = 2});

  manual_seed(123);
  NeuralNetwork network(2, 2);
  network.to(device);
  nn::DistributedDataParallel model(network, group);
  optim::SGD optimizer(model.parameters(), {.lr = 0.5});

  const int epochs = 3;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    sampler->set_epoch(epoch);
    network.train();
    for (const auto& [features, labels] : train_loader) {
      const Tensor loss = nn::cross_entropy(model(features.to(device)), labels.to(device));
      optimizer.zero_grad();
      loss.backward();  // averages the gradients of all ranks
      optimizer.step();
      say(group, fmt::format("Epoch: {:03}/{:03} | Batchsize {:03} | Train Loss: {:.4f}", epoch + 1,
                             epochs, labels.size(0), loss.item()));
    }
  }
  group.barrier();
  network.to(cpu);

  data::DataLoader all_of_it(train_ds, {.batch_size = 2});
  say(group, fmt::format("Training accuracy: {:.1f}", accuracy(network, all_of_it)));
  say(group, fmt::format("Test accuracy: {:.1f}", accuracy(network, test_loader)));
}

int main(int argc, char** argv) {
  const bool on_gpu = argc == 2 && std::string(argv[1]) == "cuda";
  if (argc > 1 && !on_gpu) {
    std::cerr << "08_distributed/hour: expected nothing or cuda, got " << argv[1] << "\n";
    return 2;
  }
  return distributed::run([&](distributed::ProcessGroup& group) { train(group, on_gpu); });
}
