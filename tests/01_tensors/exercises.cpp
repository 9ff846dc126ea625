/// The verdicts on the exercises of chapter 1. What is expected was computed by head, or by the
/// plainest loop that there is: one over all indices.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "kindling/backend.h"
#include "kindling/cpu_backend.h"
#include "kindling/ops.h"
#include "kindling/shape.h"
#include "kindling/tensor.h"
#include "testing/expect.h"
#include "testing/random_layout.h"

using namespace kindling;
using testing::expect;
using testing::expect_error;
using testing::expect_that;

#ifndef MAP_NORESERVE
constexpr int MAP_NORESERVE = 0;
#endif

namespace {

template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

/// A copy of x between two pages of memory that nobody may touch. It lies against the one behind
/// it, or the one before it.
Tensor fenced(const Tensor& x, bool at_the_end) {
  const std::int64_t page = sysconf(_SC_PAGESIZE), bytes = x.numel() * size_of(x.dtype());
  const std::int64_t inside = (bytes + page - 1) / page * page, all = inside + 2 * page;
  void* memory = mmap(nullptr, all, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  const std::shared_ptr<void> owner(memory, [all](void* m) { munmap(m, all); });
  auto* const begin = static_cast<std::byte*>(memory) + page;
  mprotect(memory, page, PROT_NONE);
  mprotect(begin + inside, page, PROT_NONE);
  const Storage storage(at_the_end ? begin + inside - bytes : begin, bytes, cpu, owner);
  Tensor out(storage, Layout(x.shape()), x.dtype());
  out.copy_(x);
  return out;
}

std::int64_t count(const Shape& shape) {
  std::int64_t n = 1;
  for (std::int64_t length : shape) n *= length;
  return n;
}

/// The index of the element that comes `n`-th in row-major order.
Shape index_of(std::int64_t n, const Shape& shape) {
  Shape index(shape.size());
  for (std::size_t axis = shape.size(); axis-- > 0; n /= shape[axis]) index[axis] = n % shape[axis];
  return index;
}

/// Σ index · stride, over the axes that `index` has.
std::int64_t place_of(const Shape& index, const Shape& strides) {
  std::int64_t place = 0;
  for (std::size_t axis = 0; axis < index.size(); ++axis) place += index[axis] * strides[axis];
  return place;
}

Shape random_shape(std::mt19937& random, std::size_t most_axes, std::int64_t shortest) {
  Shape shape(random() % (most_axes + 1));
  for (auto& length : shape) length = shortest + static_cast<std::int64_t>(random() % 4);
  return shape;
}

/// Whole numbers from -9 to 9, which every dtype adds and multiplies exactly.
Tensor random_numbers(std::mt19937& random, const Shape& shape, DType dtype) {
  Tensor out(shape, dtype);
  dispatch(dtype, [&]<class T>() {
    for (std::int64_t i = 0; i < out.numel(); ++i)
      out.data_ptr<T>()[i] = static_cast<T>(static_cast<int>(random() % 19) - 9);
  });
  return out;
}

}  // namespace

// 1.1 ---------------------------------------------------------------------------------------------

namespace {

void expect_strides(const Shape& shape, const Shape& expected) {
  expect(text("the strides of ", shape), row_major_strides(shape), expected);
}

}  // namespace

TEST_CASE("1.1  a step along an axis passes all that lies to its right") {
  expect_strides({5}, {1});
  expect_strides({2, 3}, {3, 1});
  expect_strides({2, 3, 4}, {12, 4, 1});
}

TEST_CASE("1.1  a scalar, [], has no strides") { expect_strides({}, {}); }

TEST_CASE("1.1  axes of length 1") {
  expect_strides({1}, {1});
  expect_strides({1, 5}, {5, 1});
  expect_strides({4, 1}, {1, 1});
  expect_strides({4, 1, 3}, {3, 3, 1});
}

TEST_CASE("1.1  a length of 0 counts as 1") {
  expect_strides({2, 0, 3}, {3, 3, 1});
  expect_strides({0}, {1});
  expect_strides({0, 3}, {3, 1});
  expect_strides({3, 0}, {1, 1});
  expect_strides({5, 0, 0, 2}, {2, 2, 2, 1});
}

TEST_CASE("1.1  walking all indices in order walks the memory from 0 on, whatever the shape") {
  std::mt19937 random(11);
  for (int trial = 0; trial < 100; ++trial) {
    const Shape shape = random_shape(random, 5, 1);
    GIVEN(shape);
    const Shape strides = row_major_strides(shape);
    expect(text("how many strides ", shape, " has"), strides.size(), shape.size());
    for (std::int64_t n = 0; n < count(shape); ++n) {
      const Shape index = index_of(n, shape);
      expect(text("with strides ", strides, ", the place of element ", index),
             place_of(index, strides), n);
    }
  }
}

TEST_CASE("1.1  strides of more than 31 bits") {
  const std::int64_t million = 1'000'000;
  expect_strides({7, million, million}, {million * million, million, 1});
  const std::int64_t odd =
      (std::int64_t{1} << 31) - 1;  // its square has too many digits for a double
  expect_strides({2, odd, odd}, {odd * odd, odd, 1});
}

TEST_CASE("1.1  as many axes as you like") {
  Shape shape(300, 1), strides(300, 6);
  shape[0] = 5;
  shape[298] = 2;
  shape[299] = 3;
  strides[298] = 3;
  strides[299] = 1;
  expect_strides(shape, strides);
}

// 1.2 ---------------------------------------------------------------------------------------------

namespace {

void expect_one_way(const Shape& a, const Shape& b, const Shape& expected) {
  Shape got;
  try {
    got = broadcast_shapes(a, b);
  } catch (const Error& error) {
    testing::wrong_answer(text(a, " with ", b, ": expected ", expected, ", got an Error"),
                          error.what());
  }
  expect(text(a, " with ", b), got, expected);
}

void expect_broadcast(const Shape& a, const Shape& b, const Shape& expected) {
  expect_one_way(a, b, expected);
  expect_one_way(b, a, expected);
}

void expect_no_broadcast(const Shape& a, const Shape& b, const std::string& said) {
  expect_error(
      text(a, " with ", b), [&] { broadcast_shapes(a, b); }, said);
}

}  // namespace

TEST_CASE("1.2  an axis of length 1 is repeated, and so is one that is missing on the left") {
  expect_broadcast({2, 3}, {2, 3}, {2, 3});
  expect_broadcast({2, 1}, {2, 3}, {2, 3});
  expect_broadcast({2, 3}, {3}, {2, 3});
  expect_broadcast({4, 1, 3}, {2, 3}, {4, 2, 3});
  expect_broadcast({3, 1}, {1, 4}, {3, 4});
}

TEST_CASE("1.2  a scalar, [], takes the shape of the other one") {
  expect_broadcast({}, {}, {});
  expect_broadcast({}, {2, 3}, {2, 3});
  expect_broadcast({}, {1}, {1});
}

TEST_CASE("1.2  an axis of length 1 can also be repeated no times") {
  expect_broadcast({0}, {0}, {0});
  expect_broadcast({1}, {0}, {0});
  expect_broadcast({}, {0}, {0});
  expect_broadcast({5, 0}, {1, 1}, {5, 0});
  expect_broadcast({2, 1, 0}, {3, 1}, {2, 3, 0});
}

TEST_CASE("1.2  lengths that differ, and neither is 1, are an error") {
  expect_no_broadcast({2, 3}, {2, 4},
                      "The size of tensor a (3) must match the size of tensor b (4) at "
                      "non-singleton dimension 1: cannot broadcast [2, 3] with [2, 4]");
  expect_no_broadcast({3}, {4},
                      "The size of tensor a (3) must match the size of tensor b (4) at "
                      "non-singleton dimension 0: cannot broadcast [3] with [4]");
  expect_no_broadcast({2}, {0},
                      "The size of tensor a (2) must match the size of tensor b (0) at "
                      "non-singleton dimension 0: cannot broadcast [2] with [0]");
}

TEST_CASE("1.2  the error counts the axes of the result, and names the rightmost that is wrong") {
  expect_no_broadcast({5, 3}, {4, 2, 3},
                      "The size of tensor a (5) must match the size of tensor b (2) at "
                      "non-singleton dimension 1: cannot broadcast [5, 3] with [4, 2, 3]");
  expect_no_broadcast({4, 2, 3}, {5, 3},
                      "The size of tensor a (2) must match the size of tensor b (5) at "
                      "non-singleton dimension 1: cannot broadcast [4, 2, 3] with [5, 3]");
  expect_no_broadcast({2, 3, 4}, {5, 6, 1},
                      "The size of tensor a (3) must match the size of tensor b (6) at "
                      "non-singleton dimension 1: cannot broadcast [2, 3, 4] with [5, 6, 1]");
}

TEST_CASE("1.2  lengths that differ in one of their bits") {
  const std::int64_t length = (std::int64_t{1} << 62) - 1;
  for (int bit = 0; bit < 62; ++bit) {
    const Shape a{length}, b{length - (std::int64_t{1} << bit)};
    if (b[0] != 1) expect_no_broadcast(a, b, text("cannot broadcast ", a, " with ", b));
  }
  expect_broadcast({length}, {length}, {length});
}

TEST_CASE("1.2  as many axes as you like") {
  Shape a(300, 1), b(250, 1), result(300, 1);
  a[0] = result[0] = 3;
  b[0] = result[50] = 4;
  b[249] = result[299] = 5;
  expect_broadcast(a, b, result);
  expect_broadcast(result, result, result);
  expect_broadcast(Shape(300, 1), result, result);
  b[0] = 2;
  result[0] = 1;
  expect_no_broadcast(b, result,
                      "must match the size of tensor b (4) at non-singleton dimension 50");
}

TEST_CASE("1.2  a result of more elements than an int64 can count") {
  const std::int64_t large = std::int64_t{1} << 40;
  expect_broadcast({large}, {large, 1}, {large, large});
  expect_broadcast({large, 1, 0}, {large, 1}, {large, large, 0});
}

TEST_CASE("1.2  the same two Shapes again, after somebody wrote other lengths into them") {
  Shape a{20, 30}, b{20, 1};
  expect_one_way(a, b, {20, 30});
  a = {30, 20};
  b = {1, 20};
  expect_one_way(a, b, {30, 20});
  b = {7, 20};
  expect_no_broadcast(a, b, "must match the size of tensor b (7) at non-singleton dimension 0");
}

TEST_CASE("1.2  shapes that were made from one result by taking parts of it away") {
  std::mt19937 random(12);
  for (int trial = 0; trial < 300; ++trial) {
    Shape result = random_shape(random, 5, 0);
    Shape a = result, b = result;
    for (std::size_t axis = 0; axis < result.size(); ++axis)
      (random() % 2 ? a : b)[axis] = random() % 2 ? 1 : result[axis];
    Shape& shorter = random() % 2 ? a : b;
    const std::size_t gone = random() % (result.size() + 1);
    Shape& longer = &shorter == &a ? b : a;
    for (std::size_t axis = 0; axis < gone; ++axis) longer[axis] = result[axis];
    shorter.erase(shorter.begin(), shorter.begin() + static_cast<std::ptrdiff_t>(gone));
    expect_broadcast(a, b, result);
  }
}

// 1.3 ---------------------------------------------------------------------------------------------

namespace {

std::string described(const Layout& x) {
  return text("shape ", x.shape, ", strides ", x.strides, ", offset ", x.offset);
}

void expect_transposed(const Layout& x, std::int64_t dim0, std::int64_t dim1,
                       const Layout& expected) {
  const std::string given = text(described(x), ", axes ", dim0, " and ", dim1);
  GIVEN(given);
  const Layout got = transpose(x, dim0, dim1);
  expect("the shape", got.shape, expected.shape);
  expect("the strides", got.strides, expected.strides);
  expect("the offset", got.offset, expected.offset);
}

}  // namespace

TEST_CASE("1.3  the two axes change places, each with its length and its stride") {
  expect_transposed(Layout({2, 3}, {3, 1}, 0), 0, 1, Layout({3, 2}, {1, 3}, 0));
  expect_transposed(Layout({2, 3, 4}, {12, 4, 1}, 0), 0, 2, Layout({4, 3, 2}, {1, 4, 12}, 0));
}

TEST_CASE("1.3  the first element stays where it is: so does the offset") {
  expect_transposed(Layout({2, 3}, {3, 1}, 5), 0, 1, Layout({3, 2}, {1, 3}, 5));
}

TEST_CASE("1.3  any two axes, in any order; the others stay") {
  const Layout x({2, 3, 4, 5}, {60, 20, 5, 1}, 7);
  expect_transposed(x, 1, 2, Layout({2, 4, 3, 5}, {60, 5, 20, 1}, 7));
  expect_transposed(x, 2, 1, Layout({2, 4, 3, 5}, {60, 5, 20, 1}, 7));
  expect_transposed(x, 3, 0, Layout({5, 3, 4, 2}, {1, 20, 5, 60}, 7));
}

TEST_CASE("1.3  an axis with itself changes nothing") {
  const Layout x({2, 3}, {3, 1}, 5);
  expect_transposed(x, 0, 0, x);
  expect_transposed(x, 1, 1, x);
  expect_transposed(Layout({4}, {2}, 1), 0, 0, Layout({4}, {2}, 1));
}

TEST_CASE("1.3  strides that are not row-major go with their axes") {
  expect_transposed(Layout({2, 3}, {0, 2}, 4), 0, 1, Layout({3, 2}, {2, 0}, 4));
  expect_transposed(Layout({2, 3}, {0, 0}, 5), 0, 1, Layout({3, 2}, {0, 0}, 5));
  expect_transposed(Layout({2, 3}, {1, 1}, 4), 0, 1, Layout({3, 2}, {1, 1}, 4));
  expect_transposed(Layout({0, 3}, {3, 1}, 0), 0, 1, Layout({3, 0}, {1, 3}, 0));
  expect_transposed(Layout({1, 4}, {9, 2}, 3), 1, 0, Layout({4, 1}, {2, 9}, 3));
}

TEST_CASE("1.3  as many axes as you like, and numbers of 62 bits") {
  const std::int64_t large = (std::int64_t{1} << 62) - 1;
  expect_transposed(Layout({2, 3}, {large, 1}, large), 0, 1, Layout({3, 2}, {1, large}, large));
  Layout x(Shape(300, 1), Shape(300, 0), 0);
  x.shape[3] = 4;
  x.strides[3] = 5;
  for (const std::int64_t other : {298, 3 + 8, 3 + 16, 3 + 32, 3 + 64, 3 + 128, 3 + 256}) {
    Layout t = transpose(x, other, 3);
    const std::string of = text(" of 300, with axes ", other, " and 3 exchanged");
    expect("the number of axes" + of, t.shape.size(), x.shape.size());
    expect("the number of strides" + of, t.strides.size(), x.strides.size());
    expect(text("the length of axis ", other, of), t.shape[other], 4);
    expect(text("the stride of axis ", other, of), t.strides[other], 5);
    t.shape[other] = 1;
    t.strides[other] = 0;
    expect_that(t == Layout(Shape(300, 1), Shape(300, 0), 0),
                text("another axis than axis ", other, of, ": expected length 1 and stride 0"));
  }
}

TEST_CASE("1.3  element (…, i, …, j, …) is found at (…, j, …, i, …); twice is not at all") {
  std::mt19937 random(13);
  for (int trial = 0; trial < 200; ++trial) {
    const Layout x = testing::random_layout(random);
    if (x.shape.empty()) continue;
    const auto dim0 = static_cast<std::int64_t>(random() % x.shape.size());
    const auto dim1 = static_cast<std::int64_t>(random() % x.shape.size());
    const std::string given = text(described(x), ", axes ", dim0, " and ", dim1);
    GIVEN(given);
    const Layout t = transpose(x, dim0, dim1);
    expect("the number of axes", t.shape.size(), x.shape.size());
    expect("the number of strides", t.strides.size(), x.shape.size());
    for (std::int64_t n = 0; n < count(x.shape); ++n) {
      const Shape index = index_of(n, x.shape);
      Shape exchanged = index;
      exchanged[dim0] = index[dim1];
      exchanged[dim1] = index[dim0];
      expect(text("the place of element ", exchanged, " of the transpose"),
             t.offset + place_of(exchanged, t.strides), x.offset + place_of(index, x.strides));
    }
    const Layout back = transpose(t, dim0, dim1);
    expect("the shape, transposed twice", back.shape, x.shape);
    expect("the strides, transposed twice", back.strides, x.strides);
    expect("the offset, transposed twice", back.offset, x.offset);
  }
}

// 1.4 ---------------------------------------------------------------------------------------------

namespace {

Walk walk_of(const Shape& shape, const std::vector<Shape>& strides) {
  const Layout first(shape, strides.at(0), 0);
  Walk walk({&first});
  for (std::size_t o = 1; o < strides.size(); ++o) walk.strides[walk.operands++] = strides[o];
  return walk;
}

std::string described(const Walk& walk) {
  std::string out = text("shape ", walk.shape, ", strides");
  for (std::size_t o = 0; o < walk.operands; ++o) out += text(o ? " and " : " ", walk.strides[o]);
  return out;
}

/// The at of each call, in the operands that there are. A walk without end is stopped.
std::vector<Shape> rows_of(const Walk& walk) {
  std::vector<Shape> rows;
  const std::size_t enough = static_cast<std::size_t>(count(walk.shape)) + 10;
  for_each_row(walk, [&](const RowOffsets& at) {
    rows.emplace_back(at.begin(), at.begin() + static_cast<std::ptrdiff_t>(walk.operands));
    if (rows.size() > enough)
      testing::wrong_answer(text("for_each_row does not end: row(at) was called ", rows.size(),
                                 " times for shape ", walk.shape));
  });
  return rows;
}

void expect_rows(const Walk& walk, const std::vector<Shape>& expected) {
  const std::string given = described(walk);
  GIVEN(given);
  expect(text("the calls of row(at) for shape ", walk.shape), rows_of(walk), expected);
}

/// Each row's index, times the strides.
std::vector<Shape> every_row(const Walk& walk) {
  if (count(walk.shape) == 0) return {};
  Shape rows = walk.shape;
  if (!rows.empty()) rows.pop_back();
  std::vector<Shape> out;
  for (std::int64_t n = 0; n < count(rows); ++n) {
    Shape at;
    for (std::size_t o = 0; o < walk.operands; ++o)
      at.push_back(place_of(index_of(n, rows), walk.strides[o]));
    out.push_back(at);
  }
  return out;
}

}  // namespace

TEST_CASE("1.4  one call for each row, and after the last row an end") {
  expect_rows(walk_of({2, 3}, {{3, 1}}), {{0}, {3}});
  expect_rows(walk_of({4, 3}, {{3, 1}}), {{0}, {3}, {6}, {9}});
}

TEST_CASE("1.4  an operand that is repeated stays where it is") {
  expect_rows(walk_of({2, 3}, {{3, 1}, {0, 1}}), {{0, 0}, {3, 0}});
}

TEST_CASE("1.4  when an axis comes to its end it goes back, and its left neighbour moves on") {
  expect_rows(walk_of({2, 2, 3}, {{6, 3, 1}, {0, 1, 0}}), {{0, 0}, {3, 1}, {6, 0}, {9, 1}});
  expect_rows(walk_of({2, 3, 5}, {{1, 10, 2}}), {{0}, {10}, {20}, {1}, {11}, {21}});
}

TEST_CASE("1.4  a shape of one axis, or of none, is one row") {
  expect_rows(walk_of({5}, {{1}, {0}}), {{0, 0}});
  expect_rows(walk_of({}, {{}, {}}), {{0, 0}});
  expect_rows(walk_of({1, 1, 4}, {{4, 4, 1}}), {{0}});
  expect_rows(walk_of({3, 1}, {{1, 1}, {0, 0}}), {{0, 0}, {1, 0}, {2, 0}});
}

TEST_CASE("1.4  a shape with a 0 in it has no rows") {
  for (const Shape& shape : {Shape{0}, Shape{2, 0}, Shape{0, 3}, Shape{2, 0, 3}, Shape{0, 0}})
    expect_rows(walk_of(shape, {row_major_strides(shape)}), {});
  expect_rows(walk_of({2, 3}, {{3, 1}}), {{0}, {3}});
}

TEST_CASE("1.4  a long axis: 70,000 rows, twice") {
  const Walk walk = walk_of({2, 70'000, 3}, {{0, 3, 1}, {1, 1'000'000'007, 0}});
  const std::string given = described(walk);
  GIVEN(given);
  std::int64_t n = 0;
  for_each_row(walk, [&](const RowOffsets& at) {
    expect_that(n < 140'000, "expected 140,000 calls of row(at), and there is one more");
    const std::int64_t of_axis = n % 70'000;
    if (at[0] != 3 * of_axis || at[1] != n / 70'000 + of_axis * 1'000'000'007)
      expect(text("row ", n), Shape{at[0], at[1]},
             Shape{3 * of_axis, n / 70'000 + of_axis * 1'000'000'007});
    ++n;
  });
  expect("how often it called row(at)", n, 140'000);
}

TEST_CASE("1.4  as many axes as you like") {
  Shape shape(300, 1), strides(300, 0);
  shape[0] = shape[100] = shape[298] = 2;
  strides[0] = 1000;
  strides[100] = 10;
  strides[298] = 1;
  expect_rows(walk_of(shape, {strides}), {{0}, {1}, {10}, {11}, {1000}, {1001}, {1010}, {1011}});
}

TEST_CASE("1.4  row itself is called, not a copy of it, and in the thread of the caller") {
  const Walk walk = walk_of({1000, 2}, {{2, 1}});
  const std::string given = described(walk);
  GIVEN(given);
  std::int64_t seen = 0;
  const std::function<void(const RowOffsets&)> row =
      [&seen, calls = std::int64_t{0}](const RowOffsets&) mutable { seen = ++calls; };
  for_each_row(walk, row);
  row({});
  expect("how often row was called, by its own count, with one more call afterwards", seen, 1001);

  static thread_local bool is_caller = false;
  is_caller = true;
  bool elsewhere = false;
  for_each_row(walk, [&](const RowOffsets&) { elsewhere = elsewhere || !is_caller; });
  expect_that(!elsewhere, "row was called in another thread than the one that called for_each_row");
}

TEST_CASE("1.4  what row throws comes out, whatever it is") {
  const Walk walk = walk_of({3, 2}, {{2, 1}});
  int calls = 0, caught = 0;
  try {
    for_each_row(walk, [&](const RowOffsets&) {
      if (++calls == 2) throw 7;
    });
  } catch (const int number) {
    caught = number;
  }
  expect("the int that the second call of row threw", caught, 7);
  expect("how often row was called", calls, 2);
}

TEST_CASE("1.4  every operand moves, up to four of them") {
  expect_rows(walk_of({2, 2, 1}, {{2, 1, 1}, {1, 2, 1}, {0, 10, 1}, {100, 0, 0}}),
              {{0, 0, 0, 0}, {1, 2, 10, 0}, {2, 1, 0, 100}, {3, 3, 10, 100}});
}

TEST_CASE("1.4  strided, transposed and repeated operands of any shape, merged and not") {
  std::mt19937 random(14);
  for (int trial = 0; trial < 300; ++trial) {
    const Layout a = testing::random_layout(random);
    const Layout b(a.shape);
    const Layout c = expand(Layout(Shape(a.shape.size(), 1)), a.shape);
    Walk walk({&a, &b, &c});
    expect_rows(walk, every_row(walk));
    merge_axes(walk);
    expect_rows(walk, every_row(walk));
  }
}

TEST_CASE("1.4  a sum of matrices that are not dense") {
  const Tensor x = tensor({{1, 2, 3}, {4, 5, 6}}), column = tensor({{100}, {200}});
  const Tensor t = tensor({{10, 20}, {30, 40}, {50, 60}}).transpose(0, 1);
  // A wrong walk would write beyond the result: it is looked at first.
  expect_rows(walk_of({2, 3}, {x.strides(), x.strides(), t.strides()}), {{0, 0, 0}, {3, 3, 1}});
  expect_rows(walk_of({2, 3}, {x.strides(), x.strides(), {1, 0}}), {{0, 0, 0}, {3, 3, 1}});
  expect("[[1, 2, 3], [4, 5, 6]] plus the transpose of [[10, 20], [30, 40], [50, 60]]", x + t,
         tensor({{11, 32, 53}, {24, 45, 66}}));
  expect("[[1, 2, 3], [4, 5, 6]] plus [[100], [200]]", x + column,
         tensor({{101, 102, 103}, {204, 205, 206}}));
}

// 1.5 ---------------------------------------------------------------------------------------------

namespace {

/// Folds x [outer, n, inner] into a result that holds rubbish before. (Sums of floating-point
/// numbers with inner = 1 do not come by fold_axis.)
Tensor fold(Reduction op, const Tensor& x, Scalar rubbish = 77) {
  const bool logical = op == Reduction::all || op == Reduction::any;
  const Tensor out = full({x.size(0), x.size(2)}, rubbish, logical ? bool_ : x.dtype());
  backend(cpu).reduce(op, x, out);
  return out;
}

Tensor infinities(const Shape& shape, double sign) {
  return full(shape, sign * std::numeric_limits<double>::infinity(), float64);
}

/// By the definition: x[o, 0, i], x[o, 1, i], … for each o and i.
template <class To, class F>
Tensor folded_plainly(const Tensor& x, double start, F f) {
  const std::int64_t outer = x.size(0), n = x.size(1), inner = x.size(2);
  Tensor out({outer, inner}, dtype_of<To>());
  const std::vector<double> in = x.to_vector<double>();
  for (std::int64_t o = 0; o < outer; ++o)
    for (std::int64_t i = 0; i < inner; ++i) {
      double so_far = start;
      for (std::int64_t k = 0; k < n; ++k) so_far = f(so_far, in[(o * n + k) * inner + i]);
      out.data_ptr<To>()[o * inner + i] = static_cast<To>(so_far);
    }
  return out;
}

template <class T>
void expect_folds(const Tensor& x) {
  GIVEN(x);
  const double infinity = std::numeric_limits<double>::infinity();
  if (x.dtype() == int64 || x.size(2) != 1)
    expect("the sums", fold(Reduction::sum, x),
           folded_plainly<T>(x, 0, [](double a, double b) { return a + b; }));
  if (x.size(1) > 0) {
    expect("the largest", fold(Reduction::max, x),
           folded_plainly<T>(x, -infinity, [](double a, double b) { return a > b ? a : b; }));
    expect("the smallest", fold(Reduction::min, x),
           folded_plainly<T>(x, infinity, [](double a, double b) { return a < b ? a : b; }));
  }
  expect("whether all are true", fold(Reduction::all, x),
         folded_plainly<bool>(x, 1, [](double a, double b) { return a != 0 && b != 0; }));
  expect("whether any is true", fold(Reduction::any, x),
         folded_plainly<bool>(x, 0, [](double a, double b) { return a != 0 || b != 0; }));
}

}  // namespace

TEST_CASE("1.5  the sums along the middle axis") {
  const Tensor x = tensor({{{1}, {2}, {3}}});
  GIVEN(x);
  expect("the sum of 1, 2 and 3", fold(Reduction::sum, x, 0), tensor({{6}}));
  const Tensor pages = tensor({{{1, 2}, {3, 4}, {5, 6}}, {{7, 8}, {9, 10}, {11, 12}}});
  GIVEN(pages);
  expect("the sums of the columns of each page", fold(Reduction::sum, pages, 0),
         tensor({{9, 12}, {27, 30}}));
}

TEST_CASE("1.5  what `out` held before does not matter") {
  const Tensor x = tensor({{{1, 2}, {3, 4}}, {{5, 6}, {7, 8}}});
  GIVEN(x);
  expect("the sums, where `out` was full of 1000s", fold(Reduction::sum, x, 1000),
         tensor({{4, 6}, {12, 14}}));
  expect("the largest, where `out` was full of 1000s", fold(Reduction::max, x, 1000),
         tensor({{3, 4}, {7, 8}}));
}

TEST_CASE("1.5  the largest, the smallest, and whether all and any are true") {
  const Tensor x = tensor({{{3, -1, 0}, {7, -5, 0}, {5, -3, 0}}});
  GIVEN(x);
  expect("the largest", fold(Reduction::max, x), tensor({{7, -1, 0}}));
  expect("the smallest", fold(Reduction::min, x), tensor({{3, -5, 0}}));
  const Tensor y = tensor({{{0.5, 0., 0.}, {0.25, 0.5, 0.}}});
  GIVEN(y);
  expect("whether all are true", fold(Reduction::all, y), tensor({{true, false, false}}));
  expect("whether any is true", fold(Reduction::any, y), tensor({{true, true, false}}));
}

TEST_CASE("1.5  an axis of length 0 gives `start`, one of length 1 itself") {
  const Tensor nothing = empty({2, 0, 3}, float64);
  expect("the sums of [2, 0, 3]", fold(Reduction::sum, nothing), zeros({2, 3}, float64));
  expect("the largest of [2, 0, 3]", fold(Reduction::max, nothing), infinities({2, 3}, -1));
  expect("the smallest of [2, 0, 3]", fold(Reduction::min, nothing), infinities({2, 3}, 1));
  expect("whether all of [2, 0, 3] are true", fold(Reduction::all, nothing, false),
         ones({2, 3}, bool_));
  expect("whether any of [2, 0, 3] is true", fold(Reduction::any, nothing, true),
         zeros({2, 3}, bool_));
  expect("the sums of [0, 2, 3]", fold(Reduction::sum, empty({0, 2, 3})), empty({0, 3}));
  expect("the sums of [2, 3, 0]", fold(Reduction::sum, empty({2, 3, 0})), empty({2, 0}));
  expect("the sums of [[[4, 5, 6]]]", fold(Reduction::sum, tensor({{{4, 5, 6}}})),
         tensor({{4, 5, 6}}));
}

TEST_CASE("1.5  the elements come in order: float32 rounds 1 + 1e8 to 1e8, so it can be seen") {
  const Tensor x = tensor({{{1., 1e8, 1e8}, {1e8, 1., -1e8}, {-1e8, -1e8, 1.}}});
  GIVEN(x);
  expect("1 + 1e8 - 1e8, 1e8 + 1 - 1e8, 1e8 - 1e8 + 1", fold(Reduction::sum, x),
         tensor({{0., 0., 1.}}));
}

TEST_CASE("1.5  numbers that are too large for an int, or for a double, and NaN") {
  const std::int64_t large = (std::int64_t{1} << 53) + 1;
  const Tensor x = tensor({{{large, 5}, {large, 7}, {large, 9}}});
  GIVEN(x);
  expect("the sums", fold(Reduction::sum, x), tensor({{3 * large, 21}}));
  expect("the largest", fold(Reduction::max, x), tensor({{large, 9}}));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor y = tensor({{{1., 1.}, {nan, 2.}, {3., 3.}}}, float64);
  GIVEN(y);
  expect("the sums", fold(Reduction::sum, y), tensor({{nan, 6.}}, float64));
  expect("the largest", fold(Reduction::max, y), tensor({{nan, 3.}}, float64));
}

TEST_CASE("1.5  any lengths, in every dtype") {
  std::mt19937 random(15);
  for (int trial = 0; trial < 40; ++trial) {
    const Shape shape{static_cast<std::int64_t>(random() % 4),
                      static_cast<std::int64_t>(random() % 5),
                      static_cast<std::int64_t>(random() % 4)};
    expect_folds<std::int64_t>(random_numbers(random, shape, int64));
    expect_folds<float>(random_numbers(random, shape, float32));
    expect_folds<double>(random_numbers(random, shape, float64));
  }
}

TEST_CASE("1.5  70,000 pages, or rows, or columns") {
  for (const Shape& shape : {Shape{70'000, 2, 2}, Shape{2, 70'000, 2}, Shape{2, 2, 70'000}}) {
    const std::string given = text("x[i] is i % 1001, of shape ", shape);
    GIVEN(given);
    Tensor x(shape, int64);
    for (std::int64_t i = 0; i < x.numel(); ++i) x.data_ptr<std::int64_t>()[i] = i % 1001;
    expect("the sums", fold(Reduction::sum, x),
           folded_plainly<std::int64_t>(x, 0, [](double a, double b) { return a + b; }));
  }
}

TEST_CASE("1.5  two of the lengths are long, or one is longer still") {
  for (const Shape& shape : {Shape{130, 1, 131}, Shape{1, 130, 131}, Shape{130, 131, 1},
                             Shape{130, 2, 131}, Shape{1, 2, 100'003}}) {
    const std::string given = text("x[i] is i % 1001, of shape ", shape);
    GIVEN(given);
    Tensor x(shape, int64);
    for (std::int64_t i = 0; i < x.numel(); ++i) x.data_ptr<std::int64_t>()[i] = i % 1001;
    expect("the sums", fold(Reduction::sum, x),
           folded_plainly<std::int64_t>(x, 0, [](double a, double b) { return a + b; }));
  }
}

TEST_CASE("1.5  what lies beside x and `out` is not touched: it may be nobody's memory") {
  for (const bool at_the_end : {true, false})
    for (const DType dtype : {int64, float32}) {
      const Tensor x = fenced(
          tensor({{{1, 2}, {3, 4}, {5, 6}}, {{7, 8}, {9, 10}, {11, 12}}}, dtype), at_the_end);
      const Tensor out = fenced(zeros({2, 2}, dtype), at_the_end);
      GIVEN(x);
      backend(cpu).reduce(Reduction::max, x, out);
      expect("the largest", out, tensor({{5, 6}, {11, 12}}, dtype));
    }
}

TEST_CASE("1.5  along every axis of a tensor") {
  std::mt19937 random(16);
  const Shape shape{2, 3, 4, 2};
  const Tensor x = random_numbers(random, shape, int64);
  const std::vector<std::int64_t> in = x.to_vector<std::int64_t>();
  GIVEN(x);
  for (std::int64_t dim = 0; dim < 4; ++dim) {
    Shape kept = shape;
    kept[dim] = 1;
    Tensor sums = zeros(kept, int64), largest = full(kept, -10), smallest = full(kept, 10);
    for (std::int64_t n = 0; n < count(shape); ++n) {
      Shape index = index_of(n, shape);
      index[dim] = 0;
      const std::int64_t at = place_of(index, sums.strides()), value = in[n];
      auto& high = largest.data_ptr<std::int64_t>()[at];
      auto& low = smallest.data_ptr<std::int64_t>()[at];
      sums.data_ptr<std::int64_t>()[at] += value;
      high = value > high ? value : high;
      low = value < low ? value : low;
    }
    expect(text("the sums along axis ", dim), sum(x, dim, true), sums);
    expect(text("the largest along axis ", dim), amax(x, dim, true), largest);
    expect(text("the smallest along axis ", dim), amin(x, dim, true), smallest);
  }
}

// 1.6 ---------------------------------------------------------------------------------------------

namespace {

/// a [m, k] and b [k, n], through whatever strides they have.
Tensor multiplied_plainly(const Tensor& a, const Tensor& b) {
  const std::int64_t rows = a.size(0), columns = b.size(1), inner = a.size(1);
  const std::vector<double> x = a.to_vector<double>(), y = b.to_vector<double>();
  Tensor out({rows, columns}, float64);
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) {
      double total = 0;
      for (std::int64_t k = 0; k < inner; ++k) total += x[i * inner + k] * y[k * columns + j];
      out.data_ptr<double>()[i * columns + j] = total;
    }
  return out.to(a.dtype());
}

/// A matrix of this shape: dense, transposed, with gaps, a repeated row or a repeated column.
Tensor random_matrix(std::mt19937& random, std::int64_t rows, std::int64_t columns, DType dtype) {
  switch (random() % 5) {
    case 0:
      return random_numbers(random, {rows, columns}, dtype);
    case 1:
      return random_numbers(random, {columns, rows}, dtype).transpose(0, 1);
    case 2:
      return random_numbers(random, {2 * rows, 3 * columns}, dtype)
          .slice(0, 1, 2 * rows, 2)
          .slice(1, 0, 3 * columns, 3);
    case 3:
      return random_numbers(random, {1, columns}, dtype).expand({rows, columns});
    default:
      return random_numbers(random, {rows, 1}, dtype).expand({rows, columns});
  }
}

void expect_product(const Tensor& a, const Tensor& b) {
  GIVEN(a.strides());
  GIVEN(b.strides());
  GIVEN(a);
  GIVEN(b);
  expect(text("the product of ", a.shape(), " and ", b.shape()), matmul(a, b),
         multiplied_plainly(a, b));
}

}  // namespace

TEST_CASE("1.6  rows of a against columns of b") {
  const Tensor a = tensor({{1, 2}, {3, 4}}), b = tensor({{5, 6}, {7, 8}});
  GIVEN(a);
  GIVEN(b);
  expect("a b", matmul(a, b), tensor({{19, 22}, {43, 50}}));
  const Tensor row = tensor({{1, 2, 3}}), columns = tensor({{1, 10}, {2, 20}, {3, 30}});
  GIVEN(row);
  GIVEN(columns);
  expect("row · columns", matmul(row, columns), tensor({{14, 140}}));
}

TEST_CASE("1.6  what lies before c and behind it stays as it is") {
  const Tensor memory = full({10}, 7), c = memory.narrow(0, 2, 4).view({1, 2, 2});
  const Tensor a = tensor({{{1, 2}, {3, 4}}}), b = tensor({{{5, 6}, {7, 8}}});
  GIVEN(a);
  GIVEN(b);
  GIVEN(memory);
  backend(cpu).matmul(a, b, c, true);
  expect("a memory that was full of 7s, with c from [2] to [5]", memory,
         tensor({7, 7, 26, 29, 50, 57, 7, 7, 7, 7}));
}

TEST_CASE("1.6  a matrix times its transpose, which is the same memory with other strides") {
  const Tensor t = tensor({{1, 2, 3}, {4, 5, 6}});
  GIVEN(t);
  expect("t tᵀ", matmul(t, t.transpose(0, 1)), tensor({{14, 32}, {32, 77}}));
  expect("tᵀ t", matmul(t.transpose(0, 1), t), tensor({{17, 22, 27}, {22, 29, 36}, {27, 36, 45}}));
}

TEST_CASE("1.6  the product is added to what c holds") {
  const Tensor c = tensor({{100, 200}, {300, 400}}), t = tensor({{1, 2, 3}, {4, 5, 6}});
  GIVEN(c);
  GIVEN(t);
  expect("c + t tᵀ", addmm(c, t, t.transpose(0, 1)), tensor({{114, 232}, {332, 477}}));
}

TEST_CASE("1.6  the rows of c may be parts of longer ones, whose other elements stay as they are") {
  const Tensor a = tensor({{{1, 2}, {3, 4}}}), b = tensor({{{5, 6}, {7, 8}}});
  const Tensor wide = full({1, 2, 5}, 100, int64), c = wide.narrow(2, 1, 2);
  GIVEN(a);
  GIVEN(b);
  GIVEN(c.strides());
  backend(cpu).matmul(a, b, c, true);
  expect("c + a b, where each row of c is the middle of 5 elements", wide,
         tensor({{{100, 119, 122, 100, 100}, {100, 143, 150, 100, 100}}}));

  std::mt19937 random(19);
  const Tensor x = random_numbers(random, {3, 6}, int64), y = random_numbers(random, {6, 6}, int64);
  const Tensor rows = zeros({1, 3, 9}, int64), expected = zeros({1, 3, 9}, int64);
  GIVEN(x);
  GIVEN(y);
  backend(cpu).matmul(x.unsqueeze(0), y.unsqueeze(0), rows.narrow(2, 0, 6), true);
  expected.narrow(2, 0, 6).copy_(multiplied_plainly(x, y).unsqueeze(0));
  expect("c + x y, where each row of c is the beginning of 9 elements", rows, expected);
}

TEST_CASE("1.6  70,000 rows, or columns, or products in a sum") {
  std::mt19937 random(18);
  for (const Shape& s : {Shape{70'000, 2, 2}, Shape{2, 70'000, 2}, Shape{2, 2, 70'000}}) {
    const std::string given = text("a of shape ", Shape{s[0], s[1]}, ", b of ", Shape{s[1], s[2]});
    GIVEN(given);
    for (const DType dtype : {int64, float64}) {
      // Whole numbers, of which a sum of so many is beyond the digits of a float. With a gap behind
      // each, which BLAS cannot take.
      const auto large = [&](const Shape& shape) {
        return (random_numbers(random, {shape[0], 2 * shape[1]}, dtype) * 1001)
            .slice(1, 0, 2 * shape[1], 2);
      };
      const Tensor a = large({s[0], s[1]}), b = large({s[1], s[2]});
      expect("a b", matmul(a, b), multiplied_plainly(a, b));
    }
  }
}

TEST_CASE("1.6  two or three of the lengths are long") {
  std::mt19937 random(20);
  for (const Shape& s :
       {Shape{129, 128, 130}, Shape{131, 2, 131}, Shape{3, 2, 8201}, Shape{9, 301, 11}}) {
    const std::string given = text("a of shape ", Shape{s[0], s[1]}, ", b of ", Shape{s[1], s[2]});
    GIVEN(given);
    const Tensor a = random_numbers(random, {s[0], s[1]}, int64);
    const Tensor b = random_numbers(random, {s[1], s[2]}, int64);
    expect("a b", matmul(a, b), multiplied_plainly(a, b));
  }
}

TEST_CASE("1.6  the same a and b again, after somebody wrote other numbers into them") {
  const Tensor a = tensor({{1, 2}, {3, 4}}), b = tensor({{5, 6}, {7, 8}});
  expect("a b", matmul(a, b), tensor({{19, 22}, {43, 50}}));
  b.data_ptr<std::int64_t>()[1] = 0;
  GIVEN(a);
  GIVEN(b);
  expect("a b, after b[0, 1] = 0", matmul(a, b), tensor({{19, 16}, {43, 32}}));
  a.data_ptr<std::int64_t>()[2] = 0;
  expect("a b, after a[1, 0] = 0, too", matmul(a, b), tensor({{19, 16}, {28, 32}}));
}

TEST_CASE("1.6  what lies beside a, b and c is not touched: it may be nobody's memory") {
  for (const bool at_the_end : {true, false}) {
    const Tensor a = fenced(tensor({{{1, 2}, {3, 4}}}), at_the_end),
                 b = fenced(tensor({{{5, 6}, {7, 8}}}), at_the_end),
                 c = fenced(ones({1, 2, 2}, int64), at_the_end);
    GIVEN(a);
    GIVEN(b);
    GIVEN(c);
    backend(cpu).matmul(a, b, c, true);
    expect("c + a b", c, tensor({{{20, 23}, {44, 51}}}));
    backend(cpu).matmul(a, b.transpose(1, 2), c, true);
    expect("c + a b + a bᵀ", c, tensor({{{37, 46}, {83, 104}}}));
  }
}

TEST_CASE("1.6  an inner length of 0 adds nothing") {
  for (const DType dtype : {int64, float32}) {
    const Tensor c = tensor({{1, 2}, {3, 4}}, dtype);
    expect("[2, 0] times [0, 2]", matmul(empty({2, 0}, dtype), empty({0, 2}, dtype)),
           zeros({2, 2}, dtype));
    expect("[[1, 2], [3, 4]] plus [2, 0] times [0, 2]",
           addmm(c, empty({2, 0}, dtype), empty({0, 2}, dtype)), c);
    expect("[0, 3] times [3, 2]", matmul(empty({0, 3}, dtype), ones({3, 2}, dtype)),
           empty({0, 2}, dtype));
  }
}

TEST_CASE("1.6  a repeated row or column has stride 0") {
  const Tensor row = tensor({{1, 2}}).expand({3, 2}), column = tensor({{1}, {10}}).expand({2, 3});
  GIVEN(row);
  GIVEN(column);
  expect("row · column", matmul(row, column), tensor({{21, 21, 21}, {21, 21, 21}, {21, 21, 21}}));
  expect("column · row", matmul(column, row), tensor({{3, 6}, {30, 60}}));
}

TEST_CASE("1.6  transposed, sliced and repeated matrices of any shape") {
  std::mt19937 random(17);
  for (int trial = 0; trial < 150; ++trial) {
    const auto length = [&] { return static_cast<std::int64_t>(random() % 5); };
    const std::int64_t m = length(), k = length(), n = length();
    expect_product(random_matrix(random, m, k, int64), random_matrix(random, k, n, int64));
    expect_product(random_matrix(random, m, k, float64), random_matrix(random, k, n, float64));
  }
}

TEST_CASE("1.6  rows, or columns, that lie more than 2³² elements apart") {
  constexpr std::int64_t apart = (std::int64_t{1} << 32) + 3;  // as an int: 3
  // Zeros, of which the system makes a page when somebody looks.
  constexpr std::int64_t bytes = 2 * apart * std::int64_t{sizeof(std::int64_t)};
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  REQUIRE(memory != MAP_FAILED);
  const std::shared_ptr<void> owner(memory, [](void* m) { munmap(m, bytes); });
  const Storage storage(static_cast<std::byte*>(memory), bytes, cpu, owner);
  const Tensor far(storage, Layout({2, 3}, {apart, 1}, 0), int64),
      near = tensor({{1, 2, 3}, {4, 5, 6}});
  Tensor(far).copy_(near);
  GIVEN(far.strides());
  GIVEN(near);
  expect("far · nearᵀ", matmul(far, near.T()), tensor({{14, 32}, {32, 77}}));
  expect("farᵀ · near", matmul(far.T(), near), tensor({{17, 22, 27}, {22, 29, 36}, {27, 36, 45}}));
  expect("near · farᵀ", matmul(near, far.T()), tensor({{14, 32}, {32, 77}}));
  expect("nearᵀ · far", matmul(near.T(), far), tensor({{17, 22, 27}, {22, 29, 36}, {27, 36, 45}}));
  const Tensor c(storage, Layout({1, 2, 2}, {2 * apart, apart, 1}, 0), int64);
  backend(cpu).matmul(near.unsqueeze(0), near.T().unsqueeze(0), c, true);
  expect("c + near · nearᵀ, with the rows of c so far apart, c = [[1, 2], [4, 5]]", c[0],
         tensor({{15, 34}, {36, 82}}));
}

TEST_CASE("1.6  numbers that are too large for an int, or for a double; 0 times NaN is NaN") {
  const std::int64_t large = (std::int64_t{1} << 53) + 1;
  const Tensor a = tensor({{large, large}}), b = tensor({{3}, {2}});
  GIVEN(a);
  GIVEN(b);
  expect("a b", matmul(a, b), tensor({{5 * large}}));
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Tensor x = tensor({{0., 1.}, {1., 0.}}, float64);
  const Tensor y = tensor({{nan, 0., 5., 0.}, {1., 0., 2., 0.}}, float64).slice(1, 0, 4, 2);
  GIVEN(x);
  GIVEN(y);
  expect("x y", matmul(x, y), tensor({{nan, 2.}, {nan, 5.}}, float64));
}
