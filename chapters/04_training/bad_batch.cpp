/// One bad batch among a hundred good ones, with clipping and without. `04_training/bad_batch
/// curve` prints the loss after each step, for a plot.
#include <fmt/format.h>

#include <limits>
#include <string>
#include <vector>

#include "kindling/loss.h"
#include "kindling/ops.h"
#include "kindling/optim.h"

using namespace kindling;

constexpr int bad_step = 40;

/// Fits w x + b to eight points of 3 x + 1. In one batch, somebody wrote 4000 for 4.000.
/// \return the loss on the true points after each of 100 steps
static std::vector<double> train(double max_norm) {
  const Tensor x = linspace(-1, 1, 8).to(float64);  // [8]
  const Tensor truth = x * 3 + 1;                   // [8]
  Tensor typo = truth.clone();
  typo[7].fill_(4000);
  const Tensor w = zeros({}, float64).requires_grad_(), b = zeros({}, float64).requires_grad_();
  optim::SGD optimizer({w, b}, {.lr = 0.1});
  std::vector<double> losses;
  for (int step = 0; step < 100; ++step) {
    const Tensor loss = nn::mse_loss(x * w + b, step == bad_step ? typo : truth);
    optimizer.zero_grad();
    loss.backward();
    nn::utils::clip_grad_norm_({w, b}, max_norm);
    optimizer.step();
    NoGrad guard;
    losses.push_back(nn::mse_loss(x * w + b, truth).item());
  }
  return losses;
}

int main(int argc, char** argv) {
  const auto unclipped = train(std::numeric_limits<double>::infinity());
  const auto clipped = train(1);
  if (argc > 1 && std::string(argv[1]) == "curve") {
    for (std::size_t i = 0; i < unclipped.size(); ++i)
      fmt::print("{} {:.2e} {:.2e}\n", i + 1, unclipped[i], clipped[i]);
    return 0;
  }
  fmt::print("loss after step      40       41       42       60      100\n");
  const auto print = [](const char* name, const std::vector<double>& losses) {
    fmt::print("{:<14}", name);
    for (const std::size_t step : {40, 41, 42, 60, 100}) fmt::print("  {:.1e}", losses[step - 1]);
    fmt::print("\n");
  };
  print("not clipped", unclipped);
  print("clipped to 1", clipped);
}
