/// What happens to a network on two ranks that do not speak with each other, and on two that
/// average their gradients. The ranks are threads, so this needs no MPI.
///
///   ./learn run 08_distributed/apart
#include <fmt/format.h>

#include <iostream>

#include "kindling/ddp.h"
#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"

using namespace kindling;

/// The first weight of a small network after each of four steps. Each rank learns from its part of
/// the same eight examples.
static Tensor first_weight(distributed::ProcessGroup& group, bool average) {
  manual_seed(123);
  const Tensor x = randn({8, 3});    // [examples, features]
  const Tensor y = sum(x, 1, true);  // [examples, 1]
  const std::int64_t part = x.size(0) / group.world_size();
  const std::int64_t begin = part * group.rank(), end = begin + part;

  nn::Linear model(3, 1);
  optim::SGD optimizer(model.parameters(), {.lr = 0.2});
  if (average) distributed::average_gradients(group, model.parameters());
  std::vector<double> weights;
  for (int step = 0; step < 4; ++step) {
    const Tensor loss = nn::mse_loss(model(x.slice(0, begin, end)), y.slice(0, begin, end));
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
    weights.push_back(model.weight[0][0].item());
  }
  return tensor(weights);
}

static void show(const char* title, int ranks, bool average) {
  std::cout << title << "\n";
  distributed::spawn(ranks, [&](distributed::ProcessGroup& group) {
    const Tensor own = first_weight(group, average);  // [steps]
    const Tensor all = group.rank() == 0 ? empty({ranks, own.size(0)}, float64) : Tensor();
    group.gather(own, all, 0);
    for (int r = 0; group.rank() == 0 && r < ranks; ++r) {
      std::cout << "  rank " << r;
      for (const double weight : all[r].to_vector<double>())
        std::cout << fmt::format("  {:.6f}", weight);
      std::cout << "\n";
    }
  });
}

int main() {
  show("one rank, with all examples", 1, false);
  show("two ranks, each with a half", 2, false);
  show("two ranks, and their gradients averaged", 2, true);
}
