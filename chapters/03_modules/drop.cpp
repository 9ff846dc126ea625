/// Dropout at work: one mask on the way forward and back, and the mean of many draws.
#include <fmt/format.h>

#include <iostream>

#include "kindling/nn.h"
#include "kindling/ops.h"

using namespace kindling;

int main() {
  manual_seed(7);
  nn::Dropout dropout(0.25);
  const Tensor x = tensor({1.0f, 2.0f, 3.0f, 4.0f, 5.0f, 6.0f, 7.0f, 8.0f}).requires_grad_();
  const Tensor y = dropout(x);
  sum(y).backward();
  std::cout << "y      " << y.detach() << "\n";
  std::cout << "dx     " << x.grad() << "\n\n";

  NoGrad guard;
  for (const int draws : {10, 1000, 100'000}) {
    Tensor total = zeros_like(x);
    for (int draw = 0; draw < draws; ++draw) total.add_(dropout(x));
    fmt::print("mean of {:>6} draws  ", draws);
    std::cout << total / draws << "\n";
  }
  dropout.eval();
  std::cout << "in evaluation         " << dropout(x).detach() << "\n";
}
