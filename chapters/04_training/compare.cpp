/// An accuracy of 2: what comparing predictions with labels of another shape finds.
#include <iostream>

#include "kindling/ops.h"

using namespace kindling;

int main() {
  const Tensor predictions = tensor({1, 1});  // [2]
  const Tensor labels = tensor({{1}, {1}});   // [2, 1]
  const Tensor right = predictions == labels;
  std::cout << "predictions == labels\n" << right << "\n";
  std::cout << "right answers " << sum(right) << " of " << predictions.numel() << "\n";
}
