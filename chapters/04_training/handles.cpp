/// Two mistakes with handles that an optimiser can make, and how it does not make them.
#include <iostream>
#include <map>
#include <string>

#include "kindling/ops.h"

using namespace kindling;

int main() {
  const Tensor parameter = tensor({1.0, 2.0});
  Tensor grad = tensor({10.0, 10.0});

  Tensor g = grad;
  g = g + parameter * 0.5;  // a new tensor, under the name g
  std::cout << "g = g + p * 0.5     g " << g << "  grad " << grad << "\n";

  g = grad;
  g.add_(parameter, 0.5);  // the tensor that grad is, too
  std::cout << "g.add_(p, 0.5)      g " << g << "  grad " << grad << "\n\n";

  std::map<std::string, Tensor> state;
  Tensor m = state["m"];  // a handle of its own, undefined like the entry
  m = zeros_like(parameter);
  std::cout << "Tensor m            defined in the map: " << std::boolalpha << state["m"].defined()
            << "\n";

  Tensor& entry = state["m"];  // the entry itself
  entry = zeros_like(parameter);
  std::cout << "Tensor& m           defined in the map: " << state["m"].defined() << "\n";
}
