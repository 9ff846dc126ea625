/// What slopes cost: those of a network's 2213 numbers by nudging each, and by one walk back.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

#include "kindling/ops.h"

using namespace kindling;
using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

/// Three layers, 50 → 30 → 20 → 3, whose weights and biases all stand in `theta`, [2213].
static Tensor loss_of(const Tensor& theta) {
  const Shape widths = {50, 30, 20, 3};
  Tensor h = linspace(-1, 1, 50, float64).view({1, 50});
  std::int64_t at = 0;
  for (std::size_t layer = 0; layer < 3; ++layer) {
    const std::int64_t in = widths[layer], out = widths[layer + 1];
    const Tensor weight = theta.narrow(0, at, in * out).view({in, out});
    const Tensor bias = theta.narrow(0, at + in * out, out);  // [out], broadcast to [1, out]
    h = tanh(matmul(h, weight) + bias);                       // [1, out]
    at += in * out + out;
  }
  return sum(h * h);
}

int main() {
  manual_seed(123);
  Tensor theta = (rand({2213}, float64) - 0.5).requires_grad_();
  loss_of(theta).backward();
  const std::vector<double> by_walk = theta.grad().to_vector<double>();

  double* x = theta.data_ptr<double>();
  const auto loss_with = [&](std::size_t i, double value) {
    NoGrad guard;
    const double before = std::exchange(x[i], value);
    const double loss = loss_of(theta).item();
    x[i] = before;
    return loss;
  };
  double worst = 0;
  const auto start = Clock::now();
  for (std::size_t i = 0; i < by_walk.size(); ++i) {
    const double slope = (loss_with(i, x[i] + 1e-6) - loss_with(i, x[i] - 1e-6)) / 2e-6;
    worst = std::max(worst, std::abs(slope - by_walk[i]));
  }
  const double nudging = Milliseconds(Clock::now() - start).count();

  fmt::print("slopes wanted    {}\nby nudging       {} runs\n", by_walk.size(), 2 * by_walk.size());
  fmt::print("by backward()    1 run, 1 walk\n");
  fmt::print("they agree to    8 digits after the point: {}\n", worst < 0.5e-8 ? "yes" : "no");
  const auto again = Clock::now();
  for (int i = 0; i < 100; ++i) loss_of(theta).backward();
  const double walk = Milliseconds(Clock::now() - again).count() / 100;
  fmt::print("nudging {:.0f} ms, a run and its walk {:.3f} ms: {:.0f} times as fast\n", nudging,
             walk, nudging / walk);
}
