/// Shapes, strides and views as arithmetic, against the definitions spelled out element by element.
#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "kindling/cpu_backend.h"
#include "kindling/shape.h"
#include "testing/random_layout.h"

using namespace kindling;
using testing::every_offset;
using testing::random_layout;

TEST_CASE("row-major strides step over everything to their right") {
  CHECK(row_major_strides({2, 3, 4}) == Shape{12, 4, 1});
  CHECK(row_major_strides({5}) == Shape{1});
  CHECK(row_major_strides({}) == Shape{});
  CHECK(row_major_strides({2, 0, 3}) == Shape{3, 3, 1});
  std::mt19937 random(1);
  for (int trial = 0; trial < 200; ++trial) {
    Shape shape(random() % 5);
    for (auto& length : shape) length = 1 + random() % 4;
    const auto offsets = every_offset(Layout(shape));
    for (std::size_t i = 0; i < offsets.size(); ++i)
      REQUIRE(offsets[i] == static_cast<std::int64_t>(i));
  }
}

TEST_CASE("broadcast_shapes aligns at the right and stretches ones") {
  CHECK(broadcast_shapes({4, 1, 3}, {2, 3}) == Shape{4, 2, 3});
  CHECK(broadcast_shapes({}, {2, 3}) == Shape{2, 3});
  CHECK(broadcast_shapes({1}, {0}) == Shape{0});
  CHECK(broadcast_shapes({5, 0}, {1, 1}) == Shape{5, 0});
  CHECK_THROWS_WITH_AS(
      broadcast_shapes({2, 3}, {2, 4}),
      "The size of tensor a (3) must match the size of tensor b (4) at non-singleton dimension 1: "
      "cannot broadcast [2, 3] with [2, 4]",
      Error);
  CHECK_THROWS_AS(broadcast_shapes({2}, {0}), Error);
}

TEST_CASE("a transpose moves no element") {
  const Layout x({2, 3, 4});
  const Layout t = transpose(x, 0, 2);
  CHECK(t.shape == Shape{4, 3, 2});
  CHECK(t.strides == Shape{1, 4, 12});
  CHECK(transpose(t, 0, 2) == x);
  CHECK_FALSE(t.is_contiguous());
}

TEST_CASE(
    "is_contiguous says whether elements follow each other, whatever the strides of length-1 "
    "axes") {
  std::mt19937 random(2);
  for (int trial = 0; trial < 500; ++trial) {
    const Layout x = random_layout(random);
    const auto offsets = every_offset(x);
    bool dense = true;
    for (std::size_t i = 0; i < offsets.size(); ++i)
      dense = dense && offsets[i] == x.offset + static_cast<std::int64_t>(i);
    CAPTURE(x.shape);
    CAPTURE(x.strides);
    REQUIRE(x.is_contiguous() == dense);
  }
}

TEST_CASE("view names the same elements in the same order, or says that it cannot") {
  std::mt19937 random(3);
  int possible = 0, impossible = 0;
  for (int trial = 0; trial < 3000; ++trial) {
    const Layout x = random_layout(random);
    Shape wanted{numel(x.shape)};
    for (int cut = 0; cut < 3; ++cut)  // split a random axis by a random divisor
      if (std::int64_t& length = wanted[random() % wanted.size()]; length > 1) {
        std::vector<std::int64_t> divisors;
        for (std::int64_t d = 1; d <= length; ++d)
          if (length % d == 0) divisors.push_back(d);
        const std::int64_t d = divisors[random() % divisors.size()];
        length /= d;
        wanted.insert(wanted.begin() + (&length - wanted.data()) + 1, d);
      }
    const auto seen = view(x, wanted);
    CAPTURE(x.shape);
    CAPTURE(x.strides);
    CAPTURE(wanted);
    ++(seen ? possible : impossible);
    if (seen) REQUIRE(every_offset(*seen) == every_offset(x));
    if (x.is_contiguous() || wanted == x.shape) REQUIRE(seen.has_value());
  }
  CHECK(possible > 500);
  CHECK(impossible > 100);
}

TEST_CASE("for_each_row visits every element once, in row-major order, merged or not") {
  std::mt19937 random(4);
  for (int trial = 0; trial < 1000; ++trial) {
    const Layout a = random_layout(random);
    const Layout b(a.shape);
    const Layout c = expand(Layout(Shape(a.shape.size(), 1)), a.shape);
    for (const bool merged : {false, true}) {
      Walk walk({&a, &b, &c});
      if (merged) merge_axes(walk);
      std::vector<std::int64_t> in_a, in_b, in_c;
      for_each_row(walk, [&](const RowOffsets& at) {
        const std::int64_t n = walk.shape.empty() ? 1 : walk.shape.back();
        for (std::int64_t i = 0; i < n; ++i) {
          const auto place = [&](std::size_t o) {
            return at[o] + (n == 1 ? 0 : i * walk.strides[o].back());
          };
          in_a.push_back(a.offset + place(0));
          in_b.push_back(place(1));
          in_c.push_back(place(2));
        }
      });
      CAPTURE(a.shape);
      CAPTURE(a.strides);
      REQUIRE(in_a == every_offset(a));
      REQUIRE(in_b == every_offset(b));
      REQUIRE(std::ranges::all_of(in_c, [](std::int64_t at) { return at == 0; }));
    }
  }
}

TEST_CASE("merge_axes makes one row of dense operands") {
  const Layout dense({4, 3, 2});
  Walk walk({&dense, &dense});
  merge_axes(walk);
  CHECK(walk.shape == Shape{24});
  const Layout column = expand(Layout({4, 1, 1}), {4, 3, 2});
  Walk with_column({&dense, &column});
  merge_axes(with_column);
  CHECK(with_column.shape == Shape{4, 6});
  CHECK(with_column.strides[1] == Shape{1, 0});
}

TEST_CASE("infer_shape fills in -1 and refuses what cannot hold the elements") {
  CHECK(infer_shape({-1, 3}, 12) == Shape{4, 3});
  CHECK(infer_shape({}, 1) == Shape{});
  CHECK(infer_shape({0, 5}, 0) == Shape{0, 5});
  CHECK_THROWS_WITH_AS(infer_shape({5, -1}, 12), "shape [5, -1] is invalid for input of size 12",
                       Error);
  CHECK_THROWS_WITH_AS(infer_shape({5}, 12), "shape [5] is invalid for input of size 12", Error);
  CHECK_THROWS_WITH_AS(infer_shape({-1, -1}, 12),
                       "only one dimension can be inferred, got [-1, -1]", Error);
  CHECK_THROWS_AS(infer_shape({-1, 0}, 0), Error);
  CHECK_THROWS_AS(infer_shape({-2, 3}, 12), Error);
  CHECK_THROWS_AS(infer_shape({std::int64_t{1} << 62, 4}, 12), Error);
}

TEST_CASE("a shape whose elements cannot be counted is refused, not wrapped around") {
  CHECK_THROWS_AS(numel({std::int64_t{1} << 32, std::int64_t{1} << 32}), Error);
  CHECK_THROWS_AS(numel({2, -1}), Error);
}

TEST_CASE("normalize_dim counts from either end") {
  CHECK(normalize_dim("sum", -1, 3) == 2);
  CHECK(normalize_dim("sum", 0, 0) == 0);
  CHECK(normalize_dim("sum", -1, 0) == 0);
  CHECK_THROWS_WITH_AS(
      normalize_dim("sum", 3, 2),
      "sum: Dimension out of range (expected to be in range of [-2, 1], but got 3)", Error);
}
