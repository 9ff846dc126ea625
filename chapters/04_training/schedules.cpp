/// What a falling rate is good for. `04_training/schedules rates` prints the rates of four
/// schedules, and `04_training/schedules walk` a walk at a constant rate and a falling one, for
/// plots.
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

#include "kindling/ops.h"
#include "kindling/optim.h"
#include "kindling/random.h"

using namespace kindling;
using namespace kindling::optim::lr_scheduler;

constexpr int epochs = 20, examples = 20;

/// The rate of each epoch.
template <class Scheduler, class... Options>
static std::vector<double> rates_of(Options... options) {
  optim::SGD optimizer({zeros({1}).requires_grad_()}, {.lr = 1});
  Scheduler scheduler(optimizer, options...);
  std::vector<double> rates;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    rates.push_back(optimizer.lr());
    scheduler.step();
  }
  return rates;
}

/// Two schedulers of one optimiser: their factors multiply.
static std::vector<double> rates_with_warm_up() {
  optim::SGD optimizer({zeros({1}).requires_grad_()}, {.lr = 1});
  LinearLR warm_up(optimizer, 0.1, 1, 4);
  CosineAnnealingLR cosine(optimizer, epochs);
  std::vector<double> rates;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    rates.push_back(optimizer.lr());
    warm_up.step();
    cosine.step();
  }
  return rates;
}

/// Looks for the mean of 20 numbers, one number a step.
/// \return how far away from it each step ends
static std::vector<double> walk(bool falling) {
  manual_seed(123);
  const Tensor numbers = rand({examples}, float64);  // [20], from 0 to 1
  const Tensor p = tensor(3.0, float64).requires_grad_();
  optim::SGD optimizer({p}, {.lr = 0.3});
  CosineAnnealingLR scheduler(optimizer, epochs);
  std::vector<double> distances;
  for (int epoch = 0; epoch < epochs; ++epoch) {
    for (int i = 0; i < examples; ++i) {
      const Tensor error = p - numbers[i];
      optimizer.zero_grad();
      (error * error / 2).backward();
      optimizer.step();
      distances.push_back(std::abs(p.item() - mean(numbers).item()));
    }
    if (falling) scheduler.step();
  }
  return distances;
}

/// The mean distance of an epoch, counted from 1.
static double mean_of(const std::vector<double>& distances, int epoch) {
  double sum = 0;
  for (int i = 0; i < examples; ++i) sum += distances[(epoch - 1) * examples + i];
  return sum / examples;
}

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "rates") {
    const auto step = rates_of<StepLR>(5, 0.5);
    const auto exponential = rates_of<ExponentialLR>(0.9);
    const auto cosine = rates_of<CosineAnnealingLR>(epochs);
    const auto warm_up = rates_with_warm_up();
    for (std::size_t epoch = 0; epoch < epochs; ++epoch)
      fmt::print("{} {:.3f} {:.3f} {:.3f} {:.3f}\n", epoch, step[epoch], exponential[epoch],
                 cosine[epoch], warm_up[epoch]);
    return 0;
  }
  const auto constant = walk(false), falling = walk(true);
  if (what == "walk") {
    for (std::size_t i = 0; i < constant.size(); ++i)
      fmt::print("{} {:.4f} {:.4f}\n", i + 1, constant[i], falling[i]);
    return 0;
  }
  fmt::print("mean distance in epoch   1      5     10     15     20\n");
  const auto print = [](const char* name, const std::vector<double>& distances) {
    fmt::print("{:<19}", name);
    for (const int epoch : {1, 5, 10, 15, 20}) fmt::print("  {:.3f}", mean_of(distances, epoch));
    fmt::print("\n");
  };
  print("rate 0.3", constant);
  print("rate 0.3, falling", falling);
}
