/// Seven ways down a narrow valley. `04_training/downhill paths` prints every step, for plots.
#include <fmt/format.h>

#include <functional>
#include <memory>
#include <string>

#include "kindling/ops.h"
#include "kindling/optim.h"

using namespace kindling;

using Make = std::function<std::unique_ptr<optim::Optimizer>(Tensors)>;

struct Way {
  const char* name;
  Make make;
  double height = 1;      // the valley is so many times as deep
  bool zero_grad = true;  // before each backward()
};

static Make sgd(const optim::SGDOptions& options) {
  return [=](Tensors p) { return std::make_unique<optim::SGD>(std::move(p), options); };
}
static Make adam(const optim::AdamOptions& options) {
  return [=](Tensors p) { return std::make_unique<optim::Adam>(std::move(p), options); };
}

/// 20 times as steep along y as along x; the lowest point is [0, 0].
static Tensor valley(const Tensor& p) { return (p[0] * p[0] + 20 * p[1] * p[1]) / 2; }

/// Goes down for 40 steps, and says after each where it is.
static void descend(const Way& way,
                    const std::function<void(int step, double x, double y, double loss)>& report) {
  const Tensor p = tensor({-9.0, 1.5}, float64).requires_grad_();
  const auto optimizer = way.make({p});
  for (int step = 0; step <= 40; ++step) {
    const Tensor loss = valley(p) * way.height;
    report(step, p[0].item(), p[1].item(), loss.item() / way.height);
    if (way.zero_grad) optimizer->zero_grad();
    loss.backward();
    optimizer->step();
  }
}

int main(int argc, char** argv) {
  const bool paths = argc > 1 && std::string(argv[1]) == "paths";
  const Way ways[] = {
      {"SGD 0.01", sgd({.lr = 0.01})},
      {"SGD 0.09", sgd({.lr = 0.09})},
      {"SGD 0.105", sgd({.lr = 0.105})},
      {"SGD 0.09, momentum 0.5", sgd({.lr = 0.09, .momentum = 0.5})},
      {"Adam 0.5", adam({.lr = 0.5})},
      {"Adam 0.5, 1000 f", adam({.lr = 0.5}), 1000},
      {"SGD 0.09, no zero_grad", sgd({.lr = 0.09}), 1, false},
  };
  if (!paths) fmt::print("loss after step            0       10        20        40\n");
  for (const Way& way : ways) {
    if (paths) {
      fmt::print("# {}\n", way.name);
    } else {
      fmt::print("{:<22}", way.name);
    }
    descend(way, [&](int step, double x, double y, double loss) {
      if (paths) fmt::print("{} {:.4f} {:.4f} {:.2e}\n", step, x, y, loss);
      if (!paths && (step == 0 || step == 10 || step == 20 || step == 40))
        fmt::print("  {:.1e}", loss);
    });
    fmt::print("\n");
    if (paths) fmt::print("\n");  // two empty lines: gnuplot's next index
  }
}
