/// The ring of exercise 8.1 beside the library's own all_reduce.
///
///   ./learn run 08_distributed/ring_bench --ranks 4
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>

#include "kindling/distributed.h"

using namespace kindling;

/// Seconds of the best of `rounds`, of the slowest rank.
static double time_of(distributed::ProcessGroup& group, int rounds,
                      const std::function<void()>& f) {
  double best = 1e30;
  for (int i = 0; i < rounds; ++i) {
    group.barrier();
    const auto start = std::chrono::steady_clock::now();
    f();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    const Tensor slowest = tensor({seconds.count()}, float64);
    group.all_reduce(slowest, distributed::ReduceOp::max);
    best = std::min(best, slowest.item());
  }
  return best;
}

int main(int argc, char** argv) {
  CLI::App app{"Times two ways to sum up a tensor over all ranks."};
  std::int64_t megabytes = 100;
  int rounds = 5;
  app.add_option("--megabytes", megabytes, "size of the tensor")->capture_default_str();
  app.add_option("--rounds", rounds, "how often each is measured; the best counts")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return distributed::run([&](distributed::ProcessGroup& group) {
    const Tensor x = zeros({megabytes * 1'000'000 / size_of(float32)});
    const double ring = time_of(group, rounds, [&] { ring_all_reduce(group, x); });
    const double library = time_of(group, rounds, [&] { group.all_reduce(x); });
    if (group.rank() == 0)
      std::cout << fmt::format(
          "all_reduce of {} MB on {} ranks, by {}\n  our ring     {:6.1f} ms\n  the library  "
          "{:6.1f} "
          "ms\n  ring / library: {:.2f}\n",
          megabytes, group.world_size(), group.name(), 1e3 * ring, 1e3 * library, ring / library);
  });
}
