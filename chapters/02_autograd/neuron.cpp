/// The graph of one logistic neuron with every value and every gradient on it, for Graphviz.
#include <iostream>

#include "kindling/ops.h"

using namespace kindling;

int main() {
  const Tensor x1 = tensor({1.1});             // the input; the right answer is 1
  Tensor w1 = tensor({2.2}).requires_grad_();  // what is to be learned
  Tensor b = tensor({0.0}).requires_grad_();

  const Tensor product = x1 * w1, z = product + b;
  const Tensor a = sigmoid(z), log_a = log(a), loss = -log_a;

  std::vector<std::pair<std::string, Tensor>> named = {
      {"w1", w1}, {"b", b},         {"x1 · w1", product}, {"z", z},
      {"a", a},   {"log a", log_a}, {"loss", loss}};
  for (auto& [name, t] : named) t.retain_grad();  // for the picture: keep those on the way, too
  loss.backward();
  std::cout << to_dot(loss, named);
}
