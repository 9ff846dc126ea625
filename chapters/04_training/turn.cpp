/// The itch: what becomes of the right answers, and of the loss, when one knob is turned.
/// `04_training/turn curve` prints both for a plot.
#include <fmt/format.h>

#include <string>

#include "kindling/loss.h"
#include "kindling/ops.h"

using namespace kindling;

struct Quality {
  double right, loss;
};

/// Five examples of one feature each; a model with one knob, b, which moves its border.
static Quality quality_at(double b) {
  const Tensor x = tensor({-1.2, -0.9, 0.5, -0.3, 2.7});   // [5]
  const Tensor labels = tensor({0, 0, 0, 1, 1});           // [5]
  const Tensor logits = stack({zeros_like(x), x + b}, 1);  // [5, 2]
  const Tensor right = argmax(logits, 1) == labels;
  return {sum(right).item(), nn::cross_entropy(logits, labels).item()};
}

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "curve") {
    for (int i = -160; i <= 160; ++i) {
      const Quality found = quality_at(i / 40.0 + 0.01);
      fmt::print("{:.3f} {:.1f} {:.4f}\n", i / 40.0 + 0.01, found.right / 5, found.loss);
    }
    return 0;
  }
  fmt::print("     b   right    loss\n");
  for (const double b : {-1.00, -0.99, 0.00, 0.01}) {
    const Quality found = quality_at(b);
    fmt::print("{:6.2f}  {} of 5  {:.4f}\n", b, found.right, found.loss);
  }
}
