/// The itch: a network whose list of parameters lacks one, beside the same network with all.
#include <fmt/format.h>

#include <vector>

#include "kindling/ops.h"

using namespace kindling;

/// The loss after 1,000 steps downhill that change the parameters in the list.
static double train(bool with_all) {
  const Tensor x = linspace(1, 3, 64).view({64, 1}), z = x - 2;  // [64, 1]
  const Tensor wanted = z * z * z * 4 - z * 3;                   // [64, 1]
  Tensor w1 = randn({1, 8}), w2 = randn({8, 8}), w3 = randn({8, 1});
  Tensor b1 = zeros({8}), b2 = zeros({8}), b3 = zeros({1});
  std::vector<Tensor*> parameters = {&w1, &b1, &w2, &w3, &b3};
  if (with_all) parameters.push_back(&b2);
  for (Tensor* p : parameters) p->requires_grad_();

  double last = 0;
  for (int step = 0; step < 1000; ++step) {
    const Tensor h1 = tanh(matmul(x, w1) + b1);   // [64, 8]
    const Tensor h2 = tanh(matmul(h1, w2) + b2);  // [64, 8]
    const Tensor error = matmul(h2, w3) + b3 - wanted;
    const Tensor loss = mean(error * error);
    loss.backward();
    NoGrad guard;
    for (Tensor* p : parameters) {
      p->add_(p->grad(), -0.02);
      p->set_grad({});
    }
    last = loss.item();
  }
  return last;
}

/// From ten starts: one alone may be lucky.
static double mean_loss(bool with_all) {
  manual_seed(123);
  double sum = 0;
  for (int start = 0; start < 10; ++start) sum += train(with_all);
  return sum / 10;
}

int main() {
  fmt::print("mean loss with this list   {:.2f}\n", mean_loss(false));
  fmt::print("mean loss with all six     {:.2f}\n", mean_loss(true));
}
