/// How far finite differences of x³ are from its slope, 3x², as the step becomes smaller.
#include <fmt/format.h>

#include <cmath>

#include "kindling/ops.h"

using namespace kindling;

static Tensor cube(const Tensor& x) { return x * x * x; }

/// The largest error at a hundred places.
static double error(DType dtype, double eps, bool central) {
  const Tensor x = linspace(0.5, 1.5, 100, dtype);  // [100]
  const Tensor above = cube(x + eps), below = central ? cube(x - eps) : cube(x);
  const Tensor slope = (above - below) / (central ? 2 * eps : eps);
  return max(abs(slope - x * x * 3)).item();
}

int main() {
  fmt::print("#   eps  one-sided  central  central, float32\n");
  for (int zeros = 1; zeros <= 11; ++zeros) {
    const double eps = std::pow(10, -zeros);
    fmt::print("{:.0e}    {:.1e}  {:.1e}  {:.1e}\n", eps, error(float64, eps, false),
               error(float64, eps, true), error(float32, eps, true));
  }
}
