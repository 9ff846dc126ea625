/// What becomes of a signal on its way through twenty layers, for three ways to begin.
#include <fmt/format.h>

#include <cmath>
#include <vector>

#include "kindling/init.h"
#include "kindling/nn.h"
#include "kindling/ops.h"

using namespace kindling;

/// How far the signal's numbers lie from their mean: at first, and behind each of twenty layers.
template <class Begin>
static std::vector<double> spread_by_layer(Begin begin) {
  manual_seed(123);
  NoGrad guard;
  Tensor x = randn({256, 256});  // [batch, features]
  std::vector<double> found = {std::sqrt(var(x).item())};
  for (int layer = 0; layer < 20; ++layer) {
    nn::Linear linear(256, 256);
    begin(linear.weight);
    x = relu(linear(x));  // [256, 256]
    found.push_back(std::sqrt(var(x).item()));
  }
  return found;
}

int main() {
  const auto of_linear = spread_by_layer([](Tensor&) {});
  const auto of_he = spread_by_layer([](Tensor& weight) {
    nn::init::kaiming_uniform_(weight, {.nonlinearity = nn::init::Nonlinearity::relu});
  });
  const auto too_large =
      spread_by_layer([](Tensor& weight) { nn::init::normal_(weight, 0, 0.15); });
  fmt::print("#layer  Linear  He     0.15\n");
  for (std::size_t layer = 0; layer < of_linear.size(); layer += 2)
    fmt::print("{:<6}  {:.1e}  {:.2f}   {:.1f}\n", layer, of_linear[layer], of_he[layer],
               too_large[layer]);
}
