/// Three logits, what they believe, and the gradient of their loss: by hand, by autograd and by
/// nudging. `04_training/belief bars` prints it for a plot.
#include <fmt/format.h>

#include <iostream>
#include <string>

#include "kindling/loss.h"
#include "kindling/ops.h"

using namespace kindling;

/// By how much the loss grows with each logit, from two losses each.
static Tensor nudged(const Tensor& x, const Tensor& label) {
  const double eps = 1e-4;
  Tensor slopes = zeros_like(x);
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    Tensor up = x.clone(), down = x.clone();
    up[i].add_(eps);
    down[i].add_(-eps);
    slopes[i].add_((nn::cross_entropy(up, label) - nn::cross_entropy(down, label)) / (2 * eps));
  }
  return slopes;
}

int main(int argc, char** argv) {
  const Tensor x = tensor({1.0, 2.0, 3.0}, float64), label = tensor(1);
  const Tensor p = softmax(x, 0);
  const Tensor one_hot = tensor({0.0, 1.0, 0.0}, float64);
  if (argc > 1 && std::string(argv[1]) == "bars") {
    for (std::int64_t i = 0; i < 3; ++i)
      fmt::print("\"class {}\" {:.4f} {:.4f} {:.4f}\n", i, p[i].item(), one_hot[i].item(),
                 (p - one_hot)[i].item());
    return 0;
  }
  Tensor logits = x.clone().requires_grad_();
  const Tensor loss = nn::cross_entropy(logits, label);
  loss.backward();
  std::cout << "p               " << p << "\n";
  std::cout << "p - one_hot     " << p - one_hot << "\n";
  std::cout << "autograd's      " << logits.grad() << "\n";
  std::cout << "from nudges     " << nudged(x, label) << "\n";
  std::cout << "the loss        " << loss.detach() << "\n";
}
