/// What a further rank brings: a step of one rank by itself, beside one of all ranks together, each
/// with as many examples. Efficiency is the first over the second: 100 % if averaging costs
/// nothing. And the averaging by itself, with nothing else going on.
///
///   ./learn run 08_distributed/scaling_bench --ranks 2                  on GPUs, where there are
///   ./learn run 08_distributed/scaling_bench --ranks 2 --device cpu
///   python3 chapters/08_distributed/pytorch_scaling_bench.py 2          the same by PyTorch
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <limits>

#include "kindling/cuda.h"
#include "kindling/ddp.h"
#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"

using namespace kindling;

/// Milliseconds of a step, the best of five measurements, on the slowest rank.
static double milliseconds(distributed::ProcessGroup& group, Device device, int steps,
                           const std::function<void()>& step) {
  const auto synchronize = [&] {
    if (device.type == Device::Type::cuda) cuda::synchronize(device.index);
  };
  for (int i = 0; i < 3; ++i) step();
  double least = std::numeric_limits<double>::infinity();
  for (int measurement = 0; measurement < 5; ++measurement) {
    synchronize();
    group.barrier();
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < steps; ++i) step();
    synchronize();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
    const Tensor slowest = tensor({took.count() / steps}, float64);
    group.all_reduce(slowest, distributed::ReduceOp::max);
    least = std::min(least, slowest.item());
  }
  return least;
}

static void measure(distributed::ProcessGroup& group, Device device, std::int64_t width,
                    std::int64_t batch, int steps) {
  manual_seed(123);
  nn::Sequential network;
  network.append<nn::Linear>(784, width).append<nn::ReLU>().append<nn::Linear>(width, width);
  network.append<nn::ReLU>().append<nn::Linear>(width, 10);
  network.to(device);
  optim::SGD optimizer(network.parameters(), {.lr = 0.01});
  const Tensor x = randn({batch, 784}).to(device), y = randint(0, 10, {batch}).to(device);
  const auto step = [&](const std::function<Tensor(const Tensor&)>& model) {
    const Tensor loss = nn::cross_entropy(model(x), y);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  };

  const double alone = milliseconds(group, device, steps,
                                    [&] { step([&](const Tensor& in) { return network(in); }); });
  nn::DistributedDataParallel model(network, group);
  const double together = milliseconds(group, device, steps,
                                       [&] { step([&](const Tensor& in) { return model(in); }); });
  const Tensor gradients = zeros({network.num_parameters()}, float32, device);
  const double all_reduce = milliseconds(
      group, device, steps, [&] { group.all_reduce(gradients, distributed::ReduceOp::avg); });
  if (group.rank() == 0)
    std::cout << fmt::format(
        "784-{0}-{0}-10, {1} examples a step on each rank\n"
        "a rank by itself  {2:8.2f} ms a step\nall together      {3:8.2f} ms a step\n"
        "efficiency        {4:8.1f} %\n"
        "all_reduce alone  {5:8.2f} ms for the {6:.0f} MB of gradients\n",
        width, batch, alone, together, 100 * alone / together, all_reduce,
        static_cast<double>(gradients.numel() * size_of(float32)) / 1e6);
}

int main(int argc, char** argv) {
  CLI::App app{"Times a step of training on one rank, and on all ranks together."};
  const bool has_gpu = cuda::is_available() && !cuda::is_simulated();
  std::string where = has_gpu ? "cuda" : "cpu";
  std::int64_t width = has_gpu ? 8192 : 1024, batch = has_gpu ? 4096 : 256;
  int steps = has_gpu ? 20 : 3;
  app.add_option("--device", where, "cpu or cuda")
      ->check(CLI::IsMember({"cpu", "cuda"}))
      ->capture_default_str();
  app.add_option("--width", width, "neurons in each hidden layer")->capture_default_str();
  app.add_option("--batch", batch, "examples a step, on each rank")->capture_default_str();
  app.add_option("--steps", steps, "steps of each of the five measurements")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return distributed::run([&](distributed::ProcessGroup& group) {
    const Device device = where == "cuda" ? distributed::take_gpu(group) : cpu;
    if (group.rank() == 0)
      std::cout << fmt::format("{} rank{}, by {}\n", group.world_size(),
                               group.world_size() == 1 ? "" : "s", group.name());
    measure(group, device, width, batch, steps);
  });
}
