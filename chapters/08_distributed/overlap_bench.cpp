/// What buckets are for: a step of DistributedDataParallel with many of them, whose averaging
/// overlaps the rest of backward, beside one with a single bucket, which sets out at the end.
///
///   ./learn run 08_distributed/overlap_bench --ranks 2
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>

#include "kindling/ddp.h"
#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"

using namespace kindling;
using Clock = std::chrono::steady_clock;

static double milliseconds(Clock::duration d) {
  return std::chrono::duration<double, std::milli>(d).count();
}

/// From `begin` to `end` of `all` milliseconds, as a bar of 50 columns.
static std::string bar(double begin, double end, double all) {
  const auto column = [all](double t) {
    return std::clamp(static_cast<std::size_t>(50 * t / all), std::size_t{0}, std::size_t{50});
  };
  const std::size_t from = column(begin), to = std::max(column(end), from + 1);
  return std::string(from, ' ') + std::string(to - from, '#');
}

/// Milliseconds of a step, the best of `steps`, and its timeline.
static double measure(distributed::ProcessGroup& group, std::int64_t bucket_bytes, int steps,
                      std::int64_t batch, const char* title) {
  manual_seed(123);
  nn::Sequential network;  // 784-2150-2150-2150-2150-2150-2150-10: 25 million parameters
  network.append<nn::Linear>(784, 2150).append<nn::ReLU>();
  for (int layer = 0; layer < 5; ++layer) network.append<nn::Linear>(2150, 2150).append<nn::ReLU>();
  network.append<nn::Linear>(2150, 10);
  nn::DistributedDataParallel model(network, group, {.bucket_bytes = bucket_bytes});
  const Tensor x = randn({batch, 784}), y = randint(0, 10, {batch});

  double best = 0;
  std::string timeline;
  for (int step = 0; step < steps; ++step) {
    group.barrier();
    const auto start = Clock::now();
    const Tensor loss = nn::cross_entropy(model(x), y);
    const auto forward = Clock::now();
    network.zero_grad();
    loss.backward();
    const auto end = Clock::now();
    const Tensor all = tensor({milliseconds(end - start)}, float64);
    group.all_reduce(all, distributed::ReduceOp::max);
    if (step == 0 || all.item() < best) {
      best = all.item();
      const double whole = milliseconds(end - start);
      timeline =
          fmt::format("  {:<12}|{:<50}| {:5.0f} ms\n", "forward",
                      bar(0, milliseconds(forward - start), whole), milliseconds(forward - start));
      timeline += fmt::format("  {:<12}|{:<50}| {:5.0f} ms\n", "backward",
                              bar(milliseconds(forward - start), whole, whole),
                              milliseconds(end - forward));
      for (const auto& journey : model.reducer().journeys())
        timeline += fmt::format(
            "  {:>4.0f} MiB    |{:<50}| {:5.0f} ms\n",
            static_cast<double>(journey.bytes) / (1 << 20),
            bar(milliseconds(journey.began - start), milliseconds(journey.ended - start), whole),
            milliseconds(journey.ended - journey.began));
    }
  }
  if (group.rank() == 0)
    std::cout << fmt::format("{}: {:.0f} ms a step, the best of {}\n{}\n", title, best, steps,
                             timeline)
              << std::flush;
  return best;
}

int main(int argc, char** argv) {
  CLI::App app{"Times a step of a network of 25 million parameters, with and without overlap."};
  int steps = 8;
  std::int64_t batch = 128;
  app.add_option("--steps", steps, "how many steps")->capture_default_str();
  app.add_option("--batch", batch, "examples a step, on each rank")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return distributed::run([&](distributed::ProcessGroup& group) {
    if (group.rank() == 0)
      std::cout << fmt::format("{} ranks, by {}\n\n", group.world_size(), group.name());
    const double one = measure(group, std::int64_t{1} << 40, steps, batch, "one bucket");
    const double many = measure(group, 8 << 20, steps, batch, "buckets of 8 MiB");
    if (group.rank() == 0) std::cout << fmt::format("without overlap / with: {:.2f}\n", one / many);
  });
}
