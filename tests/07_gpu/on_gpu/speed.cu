/// How fast the answers of chapter 7 are on a GPU: numbers, and no verdict.
#include <doctest/doctest.h>

#include <cstdio>
#include <string>
#include <vector>

#include "cuda/kernels.h"
#include "kindling/cuda.h"
#include "kindling/ops.h"

using namespace kindling;

namespace {

/// Seconds of one call, of many that follow each other.
template <class Call>
double seconds_of(Call&& call) {
  call();  // the first one pays for what is set up once
  cuda::synchronize();
  constexpr int repeats = 20;
  cuda::Event start, end;
  start.record();
  for (int i = 0; i < repeats; ++i) call();
  end.record();
  end.synchronize();
  return start.elapsed_time(end) / 1e3 / repeats;
}

void report(const std::string& what, double seconds, double rate, const char* unit) {
  char text[200];
  std::snprintf(text, sizeof(text), "%s: %.3f ms, %.4g %s", what.c_str(), 1e3 * seconds, rate,
                unit);
  MESSAGE(std::string(text));
}

/// \param bytes that a call has to read and write at least
template <class Call>
void report_bandwidth(const std::string& what, double bytes, Call&& call) {
  const double seconds = seconds_of(call);
  report(what, seconds, bytes / seconds / 1e9, "GB/s");
}

Tensor random(const Shape& shape) { return empty(shape, float32, cuda_device).normal_(); }

}  // namespace

TEST_CASE("7.1  speed") {
  constexpr std::int64_t n = 1 << 26;
  const Tensor x = random({n}), out = empty({n}, float32, cuda_device);
  report_bandwidth("-x of 2^26 floats", 8.0 * n, [&] {
    cuda::map_dense(functors::Neg{}, x.data_ptr<float>(), out.data_ptr<float>(), n,
                    cuda::grid_for(n / 4, nullptr));
  });
}

TEST_CASE("7.2  speed") {
  constexpr std::int64_t n = 8192;
  const Tensor x = random({n, n}), out = empty({n, n}, float32, cuda_device);
  cuda::Strided<2> one{};
  one.n = 1;
  report_bandwidth("8192 x 8192 floats transposed", 8.0 * n * n, [&] {
    cuda::transpose<std::uint32_t>(one, reinterpret_cast<const std::uint32_t*>(x.data_ptr<float>()),
                                   n, reinterpret_cast<std::uint32_t*>(out.data_ptr<float>()), n, n,
                                   n, nullptr);
  });
}

TEST_CASE("7.3  speed") {
  const Tensor x = random({1, 1 << 26, 1}), out = empty({1, 1}, float32, cuda_device);
  report_bandwidth("the sum of 2^26 floats", 4.0 * (1 << 26),
                   [&] { cuda::reduce_rows(Reduction::sum, x, out); });
}

TEST_CASE("7.4  speed") {
  const Tensor x = random({1 << 16, 1000}), out = empty({1 << 16, 1000}, float32, cuda_device);
  report_bandwidth("softmax of 2^16 rows of 1000", 8.0 * (1 << 16) * 1000,
                   [&] { cuda::softmax_rows(x, out, false); });
}

TEST_CASE("7.5  speed") {
  constexpr std::int64_t n = 2048;
  const Tensor a = random({1, n, n}), b = random({1, n, n}),
               c = empty({1, n, n}, float32, cuda_device);
  const double seconds = seconds_of([&] { cuda::matmul_by_tiles(a, b, c, false); });
  report("2048 x 2048 by 2048 x 2048", seconds, 2.0 * n * n * n / seconds / 1e12, "TFLOP/s");
}

TEST_CASE("7.6  speed") {
  std::vector<SgdParameter> parameters;
  double elements = 0;
  for (int i = 0; i < 60; ++i) {
    const Shape shape{i % 2 ? 1024 : 1024 * 1024};
    parameters.push_back({random(shape), random(shape), random(shape), false});
    elements += static_cast<double>(numel(shape));
  }
  report_bandwidth("a step of 60 parameters with momentum", 20 * elements, [&] {
    cuda::sgd_step(
        {.lr = 1e-3, .momentum = 0.9, .dampening = 0, .weight_decay = 0, .nesterov = false},
        {parameters.data(), parameters.size()}, nullptr);
  });
}
