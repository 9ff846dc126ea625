/// The loss of a classifier as the formula has it, and as cross_entropy() computes it.
#include <iostream>

#include "kindling/loss.h"
#include "kindling/ops.h"
#include "kindling/optim.h"

using namespace kindling;

/// −log p of class 0, with p = eˣ / Σ eˣ.
static Tensor naive(const Tensor& logits) {
  const Tensor powers = exp(logits);
  return -log(powers / sum(powers))[0];
}

/// The loss of the logits [w, 0], its slope, and what one step makes of w.
template <class Loss>
static void try_weight(float weight, Loss loss_of) {
  Tensor w = tensor({weight}).requires_grad_();
  const Tensor loss = loss_of(cat({w, zeros({1})}));
  loss.backward();
  optim::SGD({w}, {.lr = 0.5}).step();
  std::cout << "  logits [" << weight << ", 0]  loss " << loss.detach() << "  slope " << w.grad()
            << "  w then " << w.detach() << "\n";
}

int main() {
  std::cout << "-log(exp(x) / sum(exp(x)))\n";
  for (const float weight : {2.0f, 80.0f, 89.0f}) try_weight(weight, naive);
  std::cout << "cross_entropy\n";
  for (const float weight : {2.0f, 80.0f, 89.0f, 1000.0f})
    try_weight(weight, [](const Tensor& x) { return nn::cross_entropy(x, tensor(0)); });
}
