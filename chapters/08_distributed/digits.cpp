/// The real thing on several ranks: handwritten digits, each rank learning from its part of them.
///
///   ./learn run 08_distributed/digits --ranks 2
///   ./learn run 08_distributed/digits --ranks 2 --data mnist    after ./learn data mnist
///   ./learn run 08_distributed/digits --ranks 2 --device cuda   each rank on a GPU
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>

#include "kindling/ddp.h"
#include "kindling/distributed.h"
#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"
#include "kindling/serialize.h"
#include "kindling/show.h"

using namespace kindling;

struct DigitReader : nn::Module {
  nn::Sequential& layers = add<nn::Sequential>("layers");

  DigitReader(std::int64_t pixels, std::int64_t hidden) {
    layers.append<nn::Linear>(pixels, hidden).append<nn::ReLU>().append<nn::Linear>(hidden, 10);
  }
  Tensor forward(const Tensor& images) override { return layers(images); }  // → [batch, 10]
};

struct Task {
  data::TensorDataset train, test;
  std::int64_t hidden, batch, epochs;  // batch: of all ranks together
};

static Task small_digits() {
  const data::TensorDataset all = data::digits();
  Generator generator(0);
  const Tensor order = randperm(all.size(), generator);
  const auto part = [&](std::int64_t from, std::int64_t to) {
    const Tensor rows = order.slice(0, from, to);
    return data::TensorDataset(index_select(all.data(), 0, rows),
                               index_select(all.targets(), 0, rows));
  };
  return {part(0, 1437), part(1437, all.size()), 128, 32, 30};
}

static Task mnist() {
  const auto rows = [](const data::TensorDataset& images) {
    return data::TensorDataset(images.data().flatten(1), images.targets());
  };
  return {rows(data::mnist(true)), rows(data::mnist(false)), 256, 128, 4};
}

/// The part of the held-out digits that is read right: each rank reads its share of them.
static double accuracy(distributed::ProcessGroup& group, DigitReader& model,
                       const data::TensorDataset& test, Device device) {
  NoGrad guard;
  model.eval();
  const std::int64_t from = test.size() * group.rank() / group.world_size();
  const std::int64_t to = test.size() * (group.rank() + 1) / group.world_size();
  const Tensor predicted = argmax(model(test.data().slice(0, from, to).to(device)), 1).to(cpu);
  const Tensor right = sum(predicted == test.targets().slice(0, from, to)).to(int64);
  group.all_reduce(right);
  return static_cast<double>(right.item<std::int64_t>()) / static_cast<double>(test.size());
}

static void learn(distributed::ProcessGroup& group, const Task& task, Device device,
                  const std::string& folder) {
  const bool speaks = group.rank() == 0;
  check(task.batch % group.world_size() == 0, "digits: expected a number of ranks that divides ",
        task.batch, ", got ", group.world_size());
  const auto sampler = std::make_shared<data::DistributedSampler>(task.train.size(), group);
  data::DataLoader loader(task.train, {.batch_size = task.batch / group.world_size(),
                                       .pin_memory = device != cpu,
                                       .sampler = sampler});
  manual_seed(123);
  DigitReader network(task.train.data().size(1), task.hidden);
  network.to(device);
  nn::DistributedDataParallel model(network, group);
  optim::Adam optimizer(model.parameters(), {.lr = 2e-3});
  if (speaks)
    std::cout << fmt::format(
        "{} ranks, by {}\n{} digits to learn from, {} for each rank, {} held out\n"
        "{} parameters, {} digits a batch, {} of them on each rank\n\n",
        group.world_size(), group.name(), task.train.size(), sampler->size(), task.test.size(),
        network.num_parameters(), task.batch, task.batch / group.world_size());

  const auto start = std::chrono::steady_clock::now();
  for (std::int64_t epoch = 1; epoch <= task.epochs; ++epoch) {
    sampler->set_epoch(epoch);
    network.train();
    const Tensor total = zeros({}, float64);
    for (const auto& [images, labels] : loader) {
      const Tensor loss =
          nn::cross_entropy(model(images.to(device, true)), labels.to(device, true));
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
      total.detach().add_(loss.item() * static_cast<double>(labels.numel()));
    }
    group.all_reduce(total, distributed::ReduceOp::avg);
    if (epoch != 1 && epoch != task.epochs && epoch % 5 != 0) continue;
    const double right = accuracy(group, network, task.test, device);
    if (speaks)
      std::cout << fmt::format("epoch {:2}/{}  loss {:.4f}  held-out accuracy {:5.2f} %\n", epoch,
                               task.epochs, total.item() / static_cast<double>(sampler->size()),
                               100 * right)
                << std::flush;
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;

  // Weights that were equal at the start, and got equal gradients, are equal now.
  bool same = true;
  for (const auto& [name, tensor] : network.state_dict()) {
    const Tensor everywhere = empty({group.world_size(), tensor.numel()}, tensor.dtype(), device);
    group.all_gather(everywhere, tensor);
    for (int r = 1; r < group.world_size(); ++r) same &= equal(everywhere[r], everywhere[0]);
  }
  check(same, "digits: the ranks have come to different weights");
  const double right = accuracy(group, network, task.test, device);
  if (!speaks) return;
  const std::string weights = folder + "/distributed.safetensors";
  save_safetensors(weights, model.state_dict());
  std::cout << fmt::format(
      "\ntrained in {:.1f} s; accuracy on held-out digits: {:.2f} %\n"
      "the same weights on all ranks: {}\nrank 0 saved them to {}\n",
      seconds.count(), 100 * right, same, weights);
}

int main(int argc, char** argv) {
  CLI::App app{"Learns to read handwritten digits on several ranks."};
  std::string which = "digits", device = "cpu", folder = ".";
  app.add_option("--data", which, "what to learn from: digits or mnist")
      ->check(CLI::IsMember({"digits", "mnist"}))
      ->capture_default_str();
  app.add_option("--device", device, "where each rank computes: cpu or cuda")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->capture_default_str();
  app.add_option("--out", folder, "where rank 0 saves the weights")
      ->check(CLI::ExistingDirectory)
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return distributed::run([&](distributed::ProcessGroup& group) {
    learn(group, which == "mnist" ? mnist() : small_digits(),
          device == "cuda" ? distributed::take_gpu(group) : cpu, folder);
  });
}
