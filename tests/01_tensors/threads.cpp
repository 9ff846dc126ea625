#include "kindling/threads.h"

#include <doctest/doctest.h>

#ifdef __linux__
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <algorithm>
#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "kindling/ops.h"
#include "src/cpu/parallel.h"
#include "testing/allocations.h"
#include "testing/files.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::testing;

namespace {

struct Threads {
  int before = get_num_threads();
  explicit Threads(int n) { set_num_threads(n); }
  ~Threads() { set_num_threads(before); }
};

/// What is large enough to be shared by threads, in layouts of every kind.
Tensors results() {
  Generator generator(7);
  const Tensor x = randn({300, 500}, float32, generator), y = randn({500, 300}, float32, generator),
               row = randn({500}, float32, generator), column = randn({300, 1}, float32, generator);
  const Tensor cube = randn({40, 50, 60}, float32, generator).permute({2, 0, 1});
  return {x + y.T(),
          exp(x),
          x * row,
          x - column,
          y.T().contiguous(),
          cube.contiguous(),
          cube.transpose(0, 1).to(float64).contiguous(),
          x.slice(1, 0, 500, 3).contiguous(),
          where(x > 0, x, row),
          sum(x, 0),
          sum(x, 1),
          amax(x, 1),
          amin(y, 0),
          sum(cube, {0, 2}),
          softmax(x, 1),
          full({200, 300}, 2.5)};
}

}  // namespace

TEST_CASE("as many threads as there may be, the results are the same to the last bit") {
  const Threads one(1);
  const Tensors expected = results();
  for (const int n : {2, 3, 7}) {
    set_num_threads(n);
    CHECK(get_num_threads() == n);
    const Tensors got = results();
    for (std::size_t i = 0; i < got.size(); ++i) {
      CAPTURE(n);
      CAPTURE(i);
      CHECK(equal(got[i], expected[i]));
    }
  }
}

TEST_CASE("what one of the threads throws comes out, once all are done") {
  const Threads several(3);
  std::atomic<int> done = 0;
  const auto work = [&](std::int64_t begin, std::int64_t) {
    ++done;
    if (begin > 0) throw NotImplemented("1.5");
  };
  CHECK_THROWS_AS(parallel_for(3, 1, work), NotImplemented);
  CHECK(done == 3);
}

TEST_CASE("of several exceptions, that of the first piece comes out") {
  const Threads several(3);
  for (int time = 0; time < 100; ++time)
    CHECK_FAILS(parallel_for(40, 1,
                             [](std::int64_t begin, std::int64_t) {
                               check(begin % 7 != 3, "piece ", begin, " fails");
                             }),
                "piece 3 fails");
}

TEST_CASE("every element is visited once, by several callers at a time, also from inside") {
  const auto count_visits = [] {
    set_num_threads(3);
    for (int time = 0; time < 300; ++time) {
      std::vector<std::atomic<int>> visits(100);
      parallel_for(10, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i)
          parallel_for(10, 1, [&, i](std::int64_t from, std::int64_t to) {
            for (std::int64_t j = from; j < to; ++j) ++visits[static_cast<std::size_t>(10 * i + j)];
          });
      });
      if (std::ranges::any_of(visits, [](const auto& count) { return count != 1; })) return false;
    }
    return true;
  };
  std::vector<std::future<bool>> callers;
  for (int i = 0; i < 4; ++i) callers.push_back(std::async(std::launch::async, count_visits));
  for (std::future<bool>& caller : callers) CHECK(caller.get());
}

TEST_CASE("nobody waits for a thread that does not come") {
  // One helper is kept in another caller's piece, and none of its time is needed here.
  const Threads two(2);
  std::atomic<int> inside = 0;
  std::atomic<bool> may_leave = false;
  std::jthread other([&] {
    set_num_threads(2);
    parallel_for(2, 1, [&](std::int64_t, std::int64_t) {
      ++inside;
      while (!may_leave) std::this_thread::yield();
    });
  });
  while (inside < 1) std::this_thread::yield();
  for (int time = 0; time < 100; ++time) {
    std::atomic<int> done = 0;
    parallel_for(20, 1, [&](std::int64_t, std::int64_t) { ++done; });
    CHECK(done == 20);
  }
  may_leave = true;
}

TEST_CASE("work is done whole where there is no memory for helpers") {
  const Threads several(3);
  parallel_for(30, 1, [](std::int64_t, std::int64_t) {});  // the helpers are there
  int failures = 0;
  for (bool failed = true; failed; ++failures) {
    std::vector<std::atomic<int>> visits(30);
    {
      const FailingAllocation one(failures);
      parallel_for(30, 1, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
      });
      failed = one.has_happened();
    }
    CHECK(std::ranges::all_of(visits, [](const auto& count) { return count == 1; }));
  }
  CHECK(failures > 1);
}

#ifdef __linux__
TEST_CASE("a forked process has threads of its own") {
  const Threads several(3);
  parallel_for(30, 1, [](std::int64_t, std::int64_t) {});  // the parent has helpers
  const pid_t child = fork();
  if (child == 0) {
    std::atomic<int> done = 0;
    for (int time = 0; time < 100; ++time)
      parallel_for(30, 1, [&](std::int64_t, std::int64_t) { ++done; });
    _exit(done == 3000 && get_num_threads() == 3 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(status == 0);
}
#endif

TEST_CASE("a matrix product in pieces is the product") {
  // Not to the last bit: BLAS may add up the last rows or columns of a piece in another order.
  Generator generator(7);
  const Tensor x = randn({300, 500}, float64, generator), y = randn({500, 300}, float64, generator),
               cube = randn({60, 40, 50}, float64, generator);
  const auto products = [&] {
    return Tensors{matmul(x, y), matmul(y.slice(0, 0, 333), x), matmul(x.T(), y.T()),
                   matmul(cube, cube.transpose(1, 2))};
  };
  const Threads one(1);
  const Tensors expected = products();
  for (const int n : {2, 3, 7}) {
    set_num_threads(n);
    const Tensors got = products();
    for (std::size_t i = 0; i < got.size(); ++i) {
      CAPTURE(n);
      CAPTURE(i);
      CHECK(allclose(got[i], expected[i], 1e-13, 1e-13));
    }
  }
}

TEST_CASE("a number of threads that is none") {
  CHECK_FAILS(set_num_threads(0), "expected a positive number of threads, got 0");
  CHECK_FAILS(set_num_threads(-2), "got -2");
}

TEST_CASE("transposed copies of every size around a tile, and of every axis") {
  for (const std::int64_t rows : {1, 2, 15, 16, 17, 33})
    for (const std::int64_t columns : {1, 3, 16, 31, 32, 40}) {
      const Tensor x = arange(2 * rows * columns).view({2, rows, columns});
      for (const Shape& order : {Shape{0, 2, 1}, Shape{2, 1, 0}, Shape{1, 0, 2}, Shape{2, 0, 1}}) {
        const Tensor view = x.permute(order), copy = view.contiguous();
        CAPTURE(view.shape());
        std::vector<std::int64_t> expected;
        for (std::int64_t i = 0; i < view.size(0); ++i)
          for (std::int64_t j = 0; j < view.size(1); ++j)
            for (std::int64_t k = 0; k < view.size(2); ++k)
              expected.push_back(
                  view.data_ptr<std::int64_t>()[i * view.strides()[0] + j * view.strides()[1] +
                                                k * view.strides()[2]]);
        CHECK(copy.is_contiguous());
        CHECK(copy.to_vector<std::int64_t>() == expected);
      }
    }
}

TEST_CASE("a Shape is a vector, whether its elements fit into it or not") {
  Shape shape;
  std::vector<std::int64_t> expected;
  for (std::int64_t i = 0; i < 12; ++i) {
    shape.push_back(i);
    expected.push_back(i);
    shape.insert(shape.begin() + i / 2, -i);
    expected.insert(expected.begin() + i / 2, -i);
    CHECK(std::vector<std::int64_t>(shape.begin(), shape.end()) == expected);
    const Shape copy = shape;
    CHECK(copy == shape);
  }
  while (expected.size() > 1) {
    shape.erase(shape.begin() + std::ssize(expected) / 2);
    expected.erase(expected.begin() + std::ssize(expected) / 2);
    CHECK(std::vector<std::int64_t>(shape.begin(), shape.end()) == expected);
  }
  Shape moved = Shape(9, 4);
  const Shape target = std::move(moved);
  CHECK(target.size() == 9);
  CHECK(target.back() == 4);
  CHECK((Shape{1, 2} < Shape{1, 3}));
  CHECK((Shape{1, 2} != Shape{1, 2, 1}));
  CHECK_FAILS((Shape{1, 2}.at(2)), "expected an index below 2, got 2");
  CHECK(zeros({1, 1, 2, 1, 1, 3, 1, 2}).permute({7, 6, 5, 4, 3, 2, 1, 0}).contiguous().numel() ==
        12);
}
