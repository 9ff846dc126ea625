/// Views of windows, padding, sorting, drawing and Einstein's notation: what ops.json does not
/// show.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "kindling/ops.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::testing;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();
using Ints = std::vector<std::int64_t>;

Ints integers(const Tensor& x) { return x.to_vector<std::int64_t>(); }

}  // namespace

TEST_CASE("unfold and as_strided are views") {
  Tensor x = zeros({6});
  x.unfold(0, 3, 2).select(0, 1).fill_(7);  // elements 2, 3 and 4
  CHECK(integers(x) == Ints{0, 0, 7, 7, 7, 0});
  CHECK(x.unfold(0, 3, 2).shape() == Shape{2, 3});
  CHECK(x.unfold(0, 3, 2).strides() == Shape{2, 1});
  CHECK(x.unfold(0, 2, INT64_MAX).shape() == Shape{1, 2});
  x.as_strided({2}, {5}).fill_(1);
  CHECK(integers(x) == Ints{1, 0, 7, 7, 7, 1});
  CHECK(x.narrow(0, 2, 3).as_strided({2}, {2}).storage_offset() == 2);
  CHECK_THROWS_AS(x.unfold(0, 3, 1).fill_(1), Error);  // elements that are one and the same
}

TEST_CASE("unfold and as_strided refuse what is not there") {
  const Tensor x = zeros({2, 3});
  CHECK_THROWS_WITH_AS(x.unfold(1, 4, 1),
                       "unfold: size 4 is not between 0 and the length of dimension 1, which is 3",
                       Error);
  CHECK_THROWS_WITH_AS(x.unfold(1, 2, 0), "unfold: step must be positive, got 0", Error);
  CHECK_THROWS_AS(x.unfold(2, 1, 1), Error);
  CHECK_THROWS_AS(x.unfold(0, -1, 1), Error);
  CHECK_THROWS_WITH_AS(
      x.as_strided({3, 3}, {3, 1}),
      "a view of shape [3, 3], strides [3, 1] and offset 0 reaches elements 0 to 8 "
      "of a storage that holds 6",
      Error);
  CHECK_THROWS_AS(x.as_strided({1}, {1}, 6), Error);
  CHECK_THROWS_AS(x.as_strided({1}, {1}, -1), Error);
  CHECK_THROWS_AS(x.as_strided({2}, {-1}, 3), Error);
  CHECK_THROWS_AS(x.as_strided({2, 2}, {1}), Error);
  CHECK_THROWS_AS(x.as_strided({2, INT64_MAX}, {INT64_MAX, 1}), Error);
}

TEST_CASE("flip, roll and pad refuse what does not fit") {
  const Tensor x = zeros({2, 3});
  CHECK_THROWS_WITH_AS(flip(x, {0, -2}), "flip: dim 0 appears multiple times in the list of dims",
                       Error);
  CHECK_THROWS_AS(flip(x, {2}), Error);
  CHECK_THROWS_WITH_AS(roll(x, {1, 2}),
                       "roll: expected one shift where no dims are given, got [1, 2]", Error);
  CHECK_THROWS_WITH_AS(roll(x, {1}, {0, 1}),
                       "roll: expected as many shifts as dims, got [1] for dims [0, 1]", Error);
  CHECK_THROWS_AS(roll(x, {}), Error);
  CHECK_THROWS_WITH_AS(pad(x, {1}), "pad: expected two numbers for each of at most 2 axes, got [1]",
                       Error);
  CHECK_THROWS_AS(pad(x, {1, 1, 1, 1, 1, 1}), Error);
  CHECK_THROWS_WITH_AS(pad(x, {-2, -2}), "pad: dimension 1 of size 3 cannot be padded by -2 and -2",
                       Error);
  CHECK_THROWS_WITH_AS(pad(x, {3, 0}, Padding::reflect),
                       "pad: padding size should be less than the corresponding input dimension, "
                       "but got 3 and 0 at dimension 1 of input [2, 3]",
                       Error);
  CHECK_THROWS_AS(pad(zeros({2, 0}), {1, 0}, Padding::replicate), Error);
  CHECK_THROWS_AS(pad(tensor({1, 2}), {1, 0}, Padding::constant, infinity), Error);
}

TEST_CASE("sorting rows of every length beside the library of C++, with many equals") {
  manual_seed(2);
  for (const DType dtype : {bool_, int64, float32, float64})
    for (const std::int64_t n : {1, 2, 3, 7, 16, 33, 200, 1500})
      for (const bool descending : {false, true}) {
        const Tensor x = randint(0, dtype == bool_ ? 2 : 12, {3, n}).to(dtype);
        const auto [values, indices] = sort(x, 1, descending);
        for (std::int64_t row = 0; row < 3; ++row) {
          const std::vector<double> numbers = x[row].to_vector<double>();
          Ints order(n);
          std::iota(order.begin(), order.end(), 0);
          std::ranges::stable_sort(order, [&](std::int64_t a, std::int64_t b) {
            return descending ? numbers[a] > numbers[b] : numbers[a] < numbers[b];
          });
          CHECK(integers(indices[row]) == order);
        }
        CHECK(equal(values, gather(x, 1, indices)));
        const auto [first, places] = topk(x, (n + 1) / 2, 1, descending);
        CHECK(equal(places, indices.narrow(1, 0, (n + 1) / 2)));
        CHECK(equal(first, values.narrow(1, 0, (n + 1) / 2)));
      }
  CHECK_THROWS_WITH_AS(
      topk(zeros({2, 3}), 4),
      "topk: selected index k out of range: k is 4, and dimension 1 has 3 elements", Error);
  CHECK_THROWS_AS(topk(zeros({3}), -1), Error);
  CHECK_THROWS_AS(sort(zeros({3}), 1), Error);
}

TEST_CASE("one_hot refuses labels that are none") {
  CHECK_THROWS_WITH_AS(one_hot(tensor({0, 3}), 3),
                       "one_hot: label 3 is out of bounds for 3 classes", Error);
  CHECK_THROWS_WITH_AS(one_hot(tensor({0, -1}), 3),
                       "one_hot: label -1 is out of bounds for 3 classes", Error);
  CHECK_THROWS_AS(one_hot(tensor({0.5})), Error);
  CHECK_THROWS_AS(one_hot(zeros({0}, int64)), Error);
  CHECK_THROWS_AS(one_hot(tensor({0}), 0), Error);
}

TEST_CASE("multinomial draws in proportion, and never what has no probability") {
  manual_seed(11);
  const Tensor p = tensor({1., 0., 3., 4.});
  const std::int64_t draws = 20'000;
  const Tensor counts = sum(one_hot(multinomial(p, draws, true), 4), 0);
  const double expected[] = {draws / 8., 0, draws * 3 / 8., draws / 2.};
  for (std::int64_t i = 0; i < 4; ++i)  // within six standard deviations
    CHECK(std::abs(counts[i].item() - expected[i]) <= 6 * std::sqrt(expected[i] / 2));
  Tensor firsts = zeros({4}, int64);
  const Tensor rows = p.expand({draws, 4});
  const Tensor without = multinomial(rows, 3);
  CHECK(equal(sort(without).values, tensor({0, 2, 3}).expand({draws, 3})));
  const Tensor of_first = sum(one_hot(without.select(1, 0), 4), 0);
  for (std::int64_t i = 0; i < 4; ++i)
    CHECK(std::abs(of_first[i].item() - expected[i]) <= 6 * std::sqrt(expected[i] / 2));
}

TEST_CASE("multinomial refuses what are no probabilities") {
  const auto refuses = [](const Tensor& p, std::int64_t n, const char* words) {
    CHECK_THROWS_WITH_AS(multinomial(p, n), words, Error);
  };
  const char* bad = "multinomial: probability tensor contains either `inf`, `nan` or element < 0";
  refuses(tensor({1., -1.}), 1, bad);
  refuses(tensor({1., not_a_number}), 1, bad);
  refuses(tensor({1., infinity}), 1, bad);
  refuses(tensor({{1., 1.}, {0., 0.}}), 1,
          "multinomial: invalid multinomial distribution (sum of probabilities <= 0)");
  refuses(tensor({1., 1.}), 3, "multinomial: cannot sample 3 of 2 classes without replacement");
  refuses(tensor({1., 1.}), 0, "multinomial: cannot sample n_sample <= 0 samples, got 0");
  refuses(tensor({1, 1}), 1, "multinomial: expected floating-point probabilities, got int64");
  CHECK_THROWS_AS(multinomial(ones({1, 1, 1}), 1), Error);
  CHECK_THROWS_AS(multinomial(zeros({0}), 1, true), Error);
}

TEST_CASE("einsum says what is wrong with an equation") {
  const Tensor x = ones({2, 3}), y = ones({3, 4});
  CHECK_THROWS_WITH_AS(einsum("ij,jk->ik", {x}), "einsum: 'ij,jk->ik' is about 2 operands, got 1",
                       Error);
  CHECK_THROWS_WITH_AS(einsum("ijk->i", {x}),
                       "einsum: operand 0 has shape [2, 3], but the equation names 3 axes of it",
                       Error);
  CHECK_THROWS_WITH_AS(einsum("ij->k", {x}),
                       "einsum: output subscript k does not appear in the equation for any input "
                       "operand",
                       Error);
  CHECK_THROWS_WITH_AS(einsum("ij->ii", {x}),
                       "einsum: output subscript i appears more than once in the output", Error);
  CHECK_THROWS_WITH_AS(einsum("ij,ik", {x, y}), "einsum: in 'ij,ik', one axis has lengths 2 and 3",
                       Error);
  CHECK_THROWS_WITH_AS(einsum("ii", {x}),
                       "einsum: subscript i is repeated for an operand, but its lengths 2 and 3 "
                       "differ",
                       Error);
  CHECK_THROWS_AS(einsum("i1", {x}), Error);
  CHECK_THROWS_AS(einsum("......", {x}), Error);
  CHECK_THROWS_AS(einsum("i->j->k", {x}), Error);
  CHECK_THROWS_AS(einsum("", {}), Error);
  CHECK(einsum("", {tensor(3.)}).item() == 3);
}
