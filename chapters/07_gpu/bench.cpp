/// How fast the backend is, beside the machine's own limit: a copy from the device to itself,
/// measured in the same run. pytorch_bench.py prints the same rows for PyTorch.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>

#include "kindling/backend.h"
#include "kindling/cuda.h"
#include "kindling/loss.h"
#include "kindling/nn.h"
#include "kindling/ops.h"
#include "kindling/optim.h"
#include "kindling/primitives.h"

using namespace kindling;

namespace {

// Sizes of the real thing, and for the simulator, where the numbers mean nothing, small ones.
struct Sizes {
  std::int64_t elements = std::int64_t{1} << 28, side = 16384, rows = 65536, wide = 4096;
  int repeats = 20, steps = 300;
};

Tensor random(const Shape& shape) { return empty(shape, float32, cuda_device).normal_(); }

/// Seconds that one call takes on the device: the least of five measurements of `repeats` calls.
double seconds_of(int repeats, const std::function<void()>& call) {
  for (int i = 0; i < 3; ++i) call();
  double least = 1e9;
  for (int measurement = 0; measurement < 5; ++measurement) {
    cuda::Event start, end;
    start.record();
    for (int i = 0; i < repeats; ++i) call();
    end.record();
    end.synchronize();
    least = std::min<double>(least, start.elapsed_time(end) / 1e3 / repeats);
  }
  return least;
}

/// Microseconds that one call takes from the host's first word to the device's last, one call
/// behind the other, as in training: the least of five measurements, as the host has other work.
double microseconds_of_steps(int steps, const std::function<void()>& step) {
  for (int i = 0; i < steps / 5 + 3; ++i) step();
  double least = 1e9;
  for (int measurement = 0; measurement < 5; ++measurement) {
    cuda::synchronize();
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < steps; ++i) step();
    cuda::synchronize();
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
    least = std::min(least, took.count() / steps);
  }
  return least;
}

double training_step(const std::vector<std::int64_t>& widths, std::int64_t batch, int steps) {
  manual_seed(1);
  nn::Sequential model;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    if (i > 0) model.append<nn::ReLU>();
    model.append<nn::Linear>(widths[i], widths[i + 1]);
  }
  model.to(cuda_device);
  optim::SGD optimizer(model.parameters(), {.lr = 0.01});
  const Tensor x = random({batch, widths.front()});
  const Tensor labels = randint(0, widths.back(), {batch}).to(cuda_device);
  return microseconds_of_steps(steps, [&] {
    const Tensor loss = nn::cross_entropy(model(x), labels);
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  });
}

}  // namespace

int main() {
  if (!cuda::is_available()) {
    std::cout << "There is no CUDA device to measure.\n";
    return 0;
  }
  Sizes sizes;
  if (cuda::is_simulated()) sizes = {1 << 14, 128, 64, 64, 1, 3};
  std::cout << cuda::get_device_name() << "\n\n";
  Backend& gpu = backend(cuda_device);
  double copy = 0;
  std::cout << "| work | µs | TB/s | of a copy | to reach |\n|---|---|---|---|---|\n";
  const auto row = [&](const std::string& name, std::int64_t elements_moved, const char* goal,
                       const std::function<void()>& call) {
    const double seconds = seconds_of(sizes.repeats, call);
    const double rate = static_cast<double>(elements_moved) * 4 / seconds / 1e12;
    if (copy == 0) copy = rate;
    std::cout << fmt::format("| {} | {:.1f} | {:.3f} | {:.1f} % | {} |\n", name, seconds * 1e6,
                             rate, 100 * rate / copy, goal)
              << std::flush;
  };
  {
    const std::int64_t n = sizes.elements;
    const Tensor x = random({n}), y = random({n}), out = empty_like(x);
    row(fmt::format("copy of {} floats", n), 2 * n, "", [&] { gpu.copy(x, out); });
    row("relu", 2 * n, "95 %", [&] { gpu.map(functors::Relu{}, x, out); });
    row("exp", 2 * n, "95 %", [&] { gpu.map(functors::Exp{}, x, out); });
    row("add", 3 * n, "95 %", [&] { gpu.zip(functors::Add{}, x, y, out); });
    row("mul", 3 * n, "95 %", [&] { gpu.zip(functors::Mul{}, x, y, out); });
  }
  cuda::empty_cache();
  {
    const std::int64_t side = sizes.side;
    const std::string shape = fmt::format(" [{0}, {0}]", side);
    const Tensor x = random({side, side});
    row("sum of rows" + shape, side * side, "85 %", [&] { sum(x, 1); });
    row("sum of columns" + shape, side * side, "85 %", [&] { sum(x, 0); });
    row("sum of all" + shape, side * side, "85 %", [&] { sum(x); });
    row("max of rows" + shape, side * side, "85 %", [&] { amax(x, 1); });
    row("max of columns" + shape, side * side, "85 %", [&] { amax(x, 0); });
    row("max of all" + shape, side * side, "85 %", [&] { max(x); });
    row("transpose" + shape, 2 * side * side, "80 %", [&] { x.T().contiguous(); });
  }
  cuda::empty_cache();
  {
    const std::int64_t n = 1024, rows = sizes.rows;
    const std::string shape = fmt::format(" [{}, {}]", rows, n);
    const Tensor x = random({rows, n}), weight = random({n}), bias = random({n});
    row("softmax of rows" + shape, 2 * rows * n, "85 %", [&] { softmax(x, 1); });
    row("log_softmax of rows" + shape, 2 * rows * n, "85 %", [&] { log_softmax(x, 1); });
    row("layer norm of rows" + shape, 2 * rows * n, "85 %",
        [&] { layer_norm(x, {n}, weight, bias); });
  }
  cuda::empty_cache();

  const std::int64_t wide = sizes.wide;
  {
    const Tensor a = random({wide, wide}), b = random({wide, wide});
    const double seconds = seconds_of(sizes.repeats, [&] { matmul(a, b); });
    std::cout << fmt::format("\nmatmul {0}³, float32 by cuBLAS: {1:.1f} TFLOP/s\n", wide,
                             2.0 * static_cast<double>(wide * wide * wide) / seconds / 1e12);
  }

  std::cout << "\n| a step of training | µs | to reach |\n|---|---|---|\n";
  const auto step = [&](const std::string& name, const std::vector<std::int64_t>& widths,
                        std::int64_t batch, const char* goal) {
    std::cout << fmt::format("| {} | {:.0f} | {} |\n", name,
                             training_step(widths, batch, sizes.steps), goal)
              << std::flush;
  };
  step("2-30-20-2, batch 2", {2, 30, 20, 2}, 2, "120");
  step("784-512-256-10, batch 64", {784, 512, 256, 10}, 64, "150");
  step(fmt::format("784-{0}-{0}-10, batch {1}", wide, wide / 4), {784, wide, wide, 10}, wide / 4,
       "2400");
}
