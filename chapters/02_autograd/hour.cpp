/// The hour, sections 3 and 4: a model is a graph, and the graph knows its derivatives.
#include <iostream>

#include "kindling/ops.h"

using namespace kindling;

static void section(const char* title) { std::cout << "\n--- " << title << "\n"; }

/// −(y log a + (1 − y) log(1 − a)); chapter 4 makes a loss function of it.
static Tensor binary_cross_entropy(const Tensor& a, const Tensor& y) {
  return -mean(y * log(a) + (1 - y) * log(1 - a));
}

int main() {
  Tensor y = tensor({1.0});   // the true label
  Tensor x1 = tensor({1.1});  // the input

  section("3  A model as a graph: one logistic neuron");
  {
    Tensor w1 = tensor({2.2});
    Tensor b = tensor({0.0});
    Tensor z = x1 * w1 + b;
    Tensor a = sigmoid(z);
    std::cout << "a = sigmoid(x1 * w1 + b) = " << a << "\n";
    std::cout << "loss = " << binary_cross_entropy(a, y) << "\n";
  }

  section("4  Derivatives, without deriving anything");
  Tensor w1 = tensor({2.2}).requires_grad_();
  Tensor b = tensor({0.0}).requires_grad_();
  Tensor z = x1 * w1 + b;
  Tensor a = sigmoid(z);
  Tensor loss = binary_cross_entropy(a, y);
  std::cout << "loss = " << loss << "\n";
  std::cout << "grad(loss, w1) = " << grad(loss, w1, /*retain_graph=*/true) << "\n";
  std::cout << "grad(loss, b)  = " << grad(loss, b, /*retain_graph=*/true) << "\n";

  loss.backward();
  std::cout << "\nAfter loss.backward():\n";
  std::cout << "w1.grad() = " << w1.grad() << "\n";
  std::cout << "b.grad()  = " << b.grad() << "\n";
}
