/// Numbers at their limits on cuda, as in 01_tensors/numbers.cpp: long sums, NaN, overflow, and
/// numbers that a type cannot hold.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "kindling/cuda.h"
#include "kindling/loss.h"
#include "kindling/ops.h"
#include "kindling/primitives.h"

using namespace kindling;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
constexpr std::int64_t largest = INT64_MAX, smallest = INT64_MIN;
using Floats = std::vector<float>;

double relative_error(const Tensor& got, double expected) {
  return std::abs(got.item() / expected - 1);
}

}  // namespace

TEST_CASE("long sums of columns and of rows, on cuda") {
  if (!cuda::is_available()) return;
  const double tenth = 0.1F;
  for (const std::int64_t inner : {1, 2, 3, 8, 33}) {
    const Tensor tenths = full({60'000, inner}, 0.1, float32, cuda_device);
    CHECK(relative_error(sum(tenths, 0)[inner - 1], 60'000 * tenth) < 2e-6);
    CHECK(relative_error(mean(tenths, 0)[0], tenth) < 2e-6);
    CHECK(relative_error(sum(tenths.view({2, 30'000, inner}), 1)[1][0], 30'000 * tenth) < 2e-6);
  }
  const std::int64_t many = 3'000'000;
  CHECK(relative_error(sum(full({many}, 0.1, float32, cuda_device)), many * tenth) < 4e-6);
  CHECK(relative_error(sum(full({many, 2}, 0.1, float32, cuda_device), 0)[1], many * tenth) < 4e-6);
}

TEST_CASE("a mean of many losses, on cuda") {
  if (!cuda::is_available()) return;
  const std::int64_t rows = 60'000;
  const Tensor scores = tensor({0., 0.1}).expand({rows, 2}).contiguous().to(cuda_device);
  const Tensor labels = zeros({rows}, int64, cuda_device);
  const double each = std::log(1 + std::exp(double{0.1F}));
  CHECK(relative_error(nn::cross_entropy(scores, labels), each) < 1e-6);
}

TEST_CASE("the gradient of an extreme that is NaN, on cuda") {
  if (!cuda::is_available()) return;
  const auto gradient = [](const Tensor& at, auto f) {
    Tensor x = at.to(cuda_device).requires_grad_();
    const Tensor y = f(x);
    y.backward(ones_like(y));
    return x.grad().to_vector<float>();
  };
  const Tensor x = tensor({1., not_a_number, not_a_number});
  CHECK(gradient(x, [](const Tensor& t) { return max(t); }) == Floats{0, 0.5, 0.5});
  CHECK(gradient(x, [](const Tensor& t) { return min(t); }) == Floats{0, 0.5, 0.5});
  CHECK(gradient(x, [](const Tensor& t) { return max(t, 0).values; }) == Floats{0, 1, 0});
  for (const float one : gradient(x, [](const Tensor& t) { return amax(t, 0); }))
    CHECK(std::isnan(one));
  for (const float one : gradient(x, [](const Tensor& t) { return amin(t, 0); }))
    CHECK(std::isnan(one));
}

TEST_CASE("int64 wraps around where it overflows, on cuda") {
  if (!cuda::is_available()) return;
  const auto of = [](std::int64_t x) { return full({9}, x, int64, cuda_device); };
  const auto last = [](const Tensor& x) { return x.to_vector<std::int64_t>().back(); };
  CHECK(last(of(largest) + 1) == smallest);
  CHECK(last(of(smallest) - of(1)) == largest);
  CHECK(last(of(largest) * 2) == -2);
  CHECK(last(-of(smallest)) == smallest);
  CHECK(last(abs(of(smallest))) == smallest);
  CHECK(last(pow(of(3), 41)) == -420491770248316829);
  CHECK(last(sum(of(largest))) == largest - 8);
  CHECK(last(sum(full({100, 2}, largest, int64, cuda_device), 0)) == -100);
  CHECK(last(matmul(full({1, 2}, largest, int64, cuda_device),
                    full({2, 1}, 3, int64, cuda_device))) == -6);
  CHECK(last(addmm(full({1, 1}, largest, int64, cuda_device), ones({1, 1}, int64, cuda_device),
                   ones({1, 1}, int64, cuda_device))) == smallest);
  Tensor total = of(largest);
  backend(cuda_device)
      .index_add(ones({1, 1, 1}, int64, cuda_device), zeros({1}, int64, cuda_device),
                 primitive::with_layout(total, Layout({1, 9, 1})));
  CHECK(total.to_vector<std::int64_t>().front() == smallest);
}

TEST_CASE("signs of zero, on cuda") {
  if (!cuda::is_available()) return;
  for (const std::int64_t n : {1, 5, 40}) {
    const Tensor minus = -zeros({n}, float32, cuda_device);
    for (const Tensor& y : {minus, log1p(minus), tanh(minus), sqrt(minus), relu(minus),
                            clamp(minus, 0, 1), minus * 2, pow(minus, 3)})
      CHECK(equal(1. / y, full({n}, -infinity, float32, cuda_device)));
  }
}

TEST_CASE("what a type cannot hold is refused, and nothing changes, on cuda") {
  if (!cuda::is_available()) return;
  Tensor whole = arange(3).to(cuda_device), x = ones({3}, float32, cuda_device);
  CHECK_THROWS_AS(full({1}, 1e300, float32, cuda_device), Error);
  CHECK_THROWS_AS(whole.fill_(1e300), Error);
  CHECK_THROWS_AS(whole.fill_(infinity), Error);
  CHECK_THROWS_AS(x.fill_(-1e300), Error);
  CHECK_THROWS_AS(x.uniform_(0, 1e300), Error);
  CHECK_THROWS_AS(x.normal_(0, 1e300), Error);
  CHECK_THROWS_AS(x.clamp_(0, 1e300), Error);
  CHECK_THROWS_AS(clamp(x, -1e300), Error);
  CHECK_THROWS_AS(masked_fill(x, x > 0, 1e300), Error);
  CHECK((x < 1e300).to_vector<bool>() == std::vector<bool>(3, true));
  CHECK((x.clone().fill_(infinity) == 1e300).to_vector<bool>() == std::vector<bool>(3, false));
  CHECK(whole.to_vector<int>() == std::vector<int>{0, 1, 2});
  CHECK(x.to_vector<float>() == Floats(3, 1));
  const Tensor memory = arange(9).to(float32).to(cuda_device);
  Tensor windows(memory.storage(), Layout({3, 3}, {1, 1}, 0), float32);
  CHECK_THROWS_AS(windows.add_(1), Error);
}
