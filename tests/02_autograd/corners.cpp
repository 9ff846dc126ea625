/// Rare arguments, for which PyTorch's answers are the right ones: truth values where numbers are
/// expected, scalars where axes are, empty tensors, and divisors that are not positive.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "kindling/ops.h"
#include "testing/oracle.h"

using namespace kindling;
using kindling::testing::difference;
using kindling::testing::exact;

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Nothing, if both are the same to the last digit, in shape and in dtype; else the difference.
static std::string differs(const Tensor& got, const Tensor& expected) {
  return difference(got, expected, exact);
}

TEST_CASE("var: as many elements as the correction, or fewer") {
  const auto of = [](const NestedList& numbers, const Dims& dims, int correction) {
    Tensor x = tensor(numbers, float32).requires_grad_();
    const Tensor y = var(x, dims, false, correction);
    sum(y).backward();
    return std::pair(y, x.grad());
  };
  for (const Dims& dims : {Dims(0), Dims()}) {
    CHECK(std::isnan(of({3}, dims, 2).first.item()));  // 0 / 0
    CHECK(of({3}, dims, 2).second.item() == 0);
    CHECK(of({3, 4}, dims, 2).first.item() == infinity);
    CHECK(differs(of({3, 4}, dims, 2).second, tensor({-infinity, infinity})) == "");
    CHECK(of({3, 4}, dims, 3).first.item() == infinity);
    CHECK(differs(of({3, 4}, dims, 3).second, tensor({1.0, -1.0})) == "");
    CHECK(differs(of({3, 4, 5}, dims, 5).second, tensor({1.0, 0.0, -1.0})) == "");
    CHECK(std::isnan(of({3}, dims, 1).second.item()));  // 0 · ∞
  }
  CHECK(differs(of({{3, 4}, {5, 7}}, 1, 3).second, tensor({{1.0, -1.0}, {2.0, -2.0}})) == "");
  CHECK(std::isnan(var(tensor(3.0)).item()));
  CHECK(std::isnan(var(empty({0})).item()));
}

TEST_CASE("powers and choices have PyTorch's names in the graph, scalars too") {
  Tensor x = tensor({2.0, 3.0}).requires_grad_(), number = tensor(2.0).requires_grad_();
  CHECK(pow(x, 2).grad_fn() == "PowBackward0");
  CHECK(pow(x, x).grad_fn() == "PowBackward1");
  CHECK(pow(2, x).grad_fn() == "PowBackward2");

  const Tensor once = gather(number, 0, tensor(0)), twice = gather(number, 0, tensor({0, 0}));
  CHECK(once.grad_fn() == "GatherBackward0");
  CHECK(once.shape() == Shape{});
  CHECK(differs(twice, tensor({2.0, 2.0})) == "");
  sum(once + twice).backward();
  CHECK(number.grad().item() == 4);  // [] + [2] broadcasts the first: 2 + 2
  CHECK(differs(gather(x, 0, tensor(1)), tensor(3.0)) == "");
  CHECK_THROWS_AS(gather(number, 0, tensor(1)), Error);
}

TEST_CASE("index_select takes a scalar for one row") {
  Tensor x = tensor(2.0).requires_grad_();
  const Tensor y = index_select(x, 0, tensor({0}));
  CHECK(differs(y, tensor(2.0)) == "");
  CHECK(y.grad_fn() == "IndexSelectBackward0");
  y.backward();
  CHECK(x.grad().item() == 1);
  CHECK(index_select(x, -1, tensor(0)).shape() == Shape{});
  CHECK_THROWS_AS(index_select(x, 0, tensor({1})), Error);
  CHECK_THROWS_WITH_AS(index_select(x, 0, tensor({0, 0})),
                       "index_select: index to a scalar can have only 1 value, got 2", Error);
  CHECK_THROWS_AS(index_select(x, 0, empty({0}, int64)), Error);
}

TEST_CASE("cat takes an empty tensor of one axis beside any shape") {
  Tensor nothing = empty({0}).requires_grad_();
  Tensor x = tensor({{1.0, 2.0}}).requires_grad_();
  for (const std::int64_t dim : {0, 1, -1, -2}) {
    CHECK(differs(cat({nothing, x}, dim), x) == "");
    CHECK(differs(cat({x, nothing, x}, dim), cat({x, x}, dim)) == "");
  }
  sum(cat({nothing, x * 2, nothing}, 1)).backward();
  CHECK(nothing.grad().shape() == Shape{0});
  CHECK(differs(x.grad(), tensor({{2.0, 2.0}})) == "");
  CHECK(cat({nothing, nothing}, 1).shape() == Shape{0});
  CHECK(cat({nothing}).requires_grad());
  CHECK(cat({empty({0}, float64), x}).dtype() == float64);  // its dtype counts
  CHECK_THROWS_AS(cat({empty({0, 3}), x}), Error);
  CHECK_THROWS_AS(cat({nothing, x}, 2), Error);
  CHECK_THROWS_AS(cat({nothing, tensor(1.0)}), Error);
}

TEST_CASE("logsumexp computes with integers and truth values as float32") {
  CHECK(logsumexp(tensor({1, 2, 3})).item() == doctest::Approx(3.40760596));
  CHECK(logsumexp(tensor({1, 2, 3}), 0).dtype() == float32);
  CHECK(logsumexp(tensor({true, false, true})).item() == doctest::Approx(1.86199480));
  CHECK(logsumexp(tensor(3)).item() == 3);
  CHECK(logsumexp(empty({0}, int64)).item() == -infinity);
}

TEST_CASE("bool: what PyTorch refuses") {
  const Tensor b = tensor({true, false, true}), other = tensor({true, false, false});
  const Tensor f = tensor({1.5, 2.5, -1.0}), i = tensor({1, 2, 3});
  CHECK_THROWS_AS(argmax(b), Error);
  CHECK_THROWS_AS(argmin(b, 0), Error);
  CHECK_THROWS_AS(pow(b, other), Error);
  CHECK_THROWS_AS(pow(b, true), Error);
  CHECK_THROWS_AS(pow(true, b), Error);
  for (const Tensor& x : {b, i, f}) {
    CHECK_THROWS_AS(x - b, Error);
    CHECK_THROWS_AS(b - x, Error);
    CHECK_THROWS_AS(x - true, Error);
    CHECK_THROWS_AS(true - x, Error);
    CHECK_THROWS_AS(x.clone().sub_(b), Error);
    CHECK_THROWS_AS(b.clone().sub_(x), Error);
  }
  CHECK_THROWS_AS(b - 1, Error);
  CHECK_THROWS_AS(1.5 - b, Error);
  CHECK_THROWS_AS(-b, Error);
  CHECK_THROWS_AS(clamp(b, false, true), Error);
  CHECK_THROWS_AS(clamp(b, true), Error);
  CHECK_THROWS_AS(b.clone().clamp_(0, 1), Error);  // would be integers
  CHECK_THROWS_AS(i.clone().clamp_(0, 0.5), Error);
  for (const Tensor& number : {tensor(2), tensor(2.0), i, f}) {
    CHECK_THROWS_AS(b.clone().add_(number), Error);
    CHECK_THROWS_AS(b.clone().mul_(number), Error);
  }
  CHECK_THROWS_AS(b.clone().add_(1), Error);
  CHECK_THROWS_AS(b.clone().mul_(1.5), Error);
  CHECK_THROWS_AS(i.clone().mul_(1.5), Error);
  CHECK_THROWS_AS(b.clone().div_(b), Error);
}

TEST_CASE("bool: what PyTorch computes") {
  const Tensor b = tensor({true, false, true}), other = tensor({true, false, false});
  const Tensor i = tensor({1, 2, 3});
  CHECK(differs(pow(b, 2), tensor({1, 0, 1})) == "");
  CHECK(differs(pow(b, 2.0), tensor({1.0, 0.0, 1.0})) == "");
  CHECK(differs(pow(2, b), tensor({2, 1, 2})) == "");
  CHECK(differs(pow(i, b), tensor({1, 1, 3})) == "");
  CHECK(differs(clamp(b, 0, 1), tensor({1, 0, 1})) == "");
  CHECK(differs(clamp(b, 2, 5), tensor({2, 2, 2})) == "");
  CHECK(differs(clamp(b, {}, 0.5), tensor({0.5, 0.0, 0.5})) == "");
  CHECK(differs(clamp(i, false, true), tensor({1, 1, 1})) == "");
  CHECK(differs(i.clone().clamp_(2, 5), tensor({2, 2, 3})) == "");
  CHECK(differs(i.clone().clamp_(false, true), tensor({1, 1, 1})) == "");

  CHECK(differs(b.clone().add_(other), b) == "");      // or
  CHECK(differs(b.clone().mul_(other), other) == "");  // and
  CHECK(differs(b.clone().add_(true), tensor({true, true, true})) == "");
  CHECK(differs(b.clone().mul_(true), b) == "");
  CHECK(differs(b.clone().mul_(false), tensor({false, false, false})) == "");
  CHECK(differs(other.clone().add_(b, 2), b) == "");
  CHECK(differs(other.clone().add_(b, -1), b) == "");
  CHECK(differs(other.clone().add_(b, 0), other) == "");
  CHECK(differs(i.clone().add_(b, 2), tensor({3, 2, 5})) == "");
  CHECK(differs(i.clone().add_(true), tensor({2, 3, 4})) == "");
  Tensor part = tensor({{true, false}, {false, true}});
  part.T()[0].mul_(false);  // strides
  CHECK(differs(part, tensor({{false, false}, {false, true}})) == "");
}

TEST_CASE("masked_fill converts the number, as fill_ does") {
  const Tensor mask = tensor({true, false, false});
  CHECK(differs(masked_fill(tensor({true, false, true}), mask, 0.0),
                tensor({false, false, true})) == "");
  CHECK(differs(masked_fill(tensor({false, false, true}), mask, 1.5),
                tensor({true, false, true})) == "");
  CHECK(differs(masked_fill(tensor({1, 2, 3}), mask, 2.5), tensor({2, 2, 3})) == "");
  CHECK(differs(masked_fill(tensor({1, 2, 3}), mask, true), tensor({1, 2, 3})) == "");
  CHECK(differs(masked_fill(tensor({1.5, 2.5}), tensor({true, false}), true), tensor({1.0, 2.5})) ==
        "");
}
