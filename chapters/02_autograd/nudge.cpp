/// The itch: the slopes of one logistic neuron, found by nudging its numbers and looking.
#include <fmt/format.h>

#include "kindling/ops.h"

using namespace kindling;

/// How wrong the neuron of the hour is, whose right answer is 1.
static double loss_at(double w1, double b) {
  const Tensor x1 = tensor({1.1}, float64);  // [1]
  const Tensor a = sigmoid(x1 * w1 + b);     // [1], between 0 and 1
  return -log(a).item();
}

int main() {
  const double w1 = 2.2, b = 0, eps = 0.001;
  fmt::print("the loss            {:.4f}\n", loss_at(w1, b));
  const auto tell = [=](const char* name, double above, double below) {
    const double slope = (above - below) / (2 * eps);
    fmt::print("{:<2} up, and down     {:.6f}  {:.6f}  slope {:.4f}\n", name, above, below, slope);
  };
  tell("w1", loss_at(w1 + eps, b), loss_at(w1 - eps, b));
  tell("b", loss_at(w1, b + eps), loss_at(w1, b - eps));
}
