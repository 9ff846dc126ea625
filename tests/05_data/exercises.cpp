#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <exception>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "kindling/data.h"
#include "kindling/ops.h"
#include "kindling/prefetch.h"
#include "testing/allocations.h"
#include "testing/expect.h"
#include "testing/files.h"

/// What judges the exercises of chapter 5.

using namespace kindling;
using namespace kindling::data;
using namespace kindling::testing;
using namespace std::chrono_literals;

namespace {

std::string example(const char* part, std::int64_t i) {
  return std::string("the ") + part + " of example " + std::to_string(i);
}

}  // namespace

// 5.1 --------------------------------------------------------------------------------------------

TEST_CASE("5.1  three rows of data are three examples") {
  about("TensorDataset::size");
  const Tensor data = tensor({{1., 2.}, {3., 4.}, {5., 6.}}), targets = tensor({7, 8, 9});
  GIVEN(data);
  GIVEN(targets);
  const TensorDataset dataset(data, targets);
  expect("size()", dataset.size(), 3);
}

TEST_CASE("5.1  example i is row i of the data and of the targets") {
  about("TensorDataset::get");
  const Tensor data = tensor({{1., 2.}, {3., 4.}, {5., 6.}}), targets = tensor({7, 8, 9});
  GIVEN(data);
  GIVEN(targets);
  const TensorDataset dataset(data, targets);
  for (const std::int64_t i : {1, 0, 2}) {
    const Example got = dataset.get(i);
    const double first = 1 + 2 * static_cast<double>(i);
    expect(example("data", i), got.data, tensor({first, first + 1}, float32));
    expect(example("target", i), got.target, tensor(7 + i));
  }
}

TEST_CASE("5.1  data of many axes: only the first one goes") {
  // data[i][a][b][c] = 24 a + 6 c + 2 i + b: its strides are not those of a fresh tensor.
  const Tensor data = arange(0., 120.).reshape({5, 4, 3, 2}).permute({2, 0, 3, 1});
  const Tensor targets = arange(6).reshape({2, 3}).T();  // targets[i] = {i, i + 3}
  const Shape shape = data.shape();
  GIVEN(shape);
  GIVEN(targets);
  const TensorDataset dataset(data, targets);
  about("TensorDataset::size");
  expect("size() of data of shape [3, 5, 2, 4]", dataset.size(), 3);
  about("TensorDataset::get");
  for (std::int64_t i = 0; i < 3; ++i) {
    std::vector<float> row;
    for (std::int64_t a = 0; a < 5; ++a)
      for (std::int64_t b = 0; b < 2; ++b)
        for (std::int64_t c = 0; c < 4; ++c)
          row.push_back(static_cast<float>(24 * a + 6 * c + 2 * i + b));
    const Example got = dataset.get(i);
    expect(example("data", i), got.data, tensor(row).reshape({5, 2, 4}));
    expect(example("target", i), got.target, tensor({i, i + 3}));
  }
  expect("an example of a list of numbers", TensorDataset(tensor({4, 5, 6})).get(2).data,
         tensor(6));
}

TEST_CASE("5.1  without targets, the example's target is undefined") {
  const Tensor data = tensor({{1, 2}, {3, 4}});
  GIVEN(data);
  const TensorDataset dataset(data);
  about("TensorDataset::size");
  expect("size()", dataset.size(), 2);
  about("TensorDataset::get");
  const Example got = dataset.get(1);
  expect("the data of example 1", got.data, tensor({3, 4}));
  expect_undefined("the target of example 1", got.target);
}

TEST_CASE("5.1  an example that is not there is an error") {
  about("TensorDataset::get");
  const TensorDataset dataset(zeros({3, 2}), tensor({7, 8, 9}));
  expect_error(
      "get(3) of 3 examples", [&] { dataset.get(3); },
      "TensorDataset: example 3 is out of range, expected 0 to 2 for a dataset of size 3");
  expect_error(
      "get(-1) of 3 examples", [&] { dataset.get(-1); },
      "TensorDataset: example -1 is out of range");
  // Row −3 of a tensor of 3 rows would be row 0.
  expect_error(
      "get(-3) of 3 examples", [&] { dataset.get(-3); },
      "TensorDataset: example -3 is out of range");
}

TEST_CASE("5.1  a dataset may have no examples") {
  const TensorDataset none(empty({0, 3}), empty({0}, int64));
  about("TensorDataset::size");
  expect("size() of data of shape [0, 3]", none.size(), 0);
  about("TensorDataset::get");
  expect_error(
      "get(0) of no examples", [&] { none.get(0); }, "TensorDataset: example 0 is out of range");
  const TensorDataset of_nothing(empty({2, 0}));
  about("TensorDataset::size");
  expect("size() of data of shape [2, 0]", of_nothing.size(), 2);
  about("TensorDataset::get");
  expect("example 1 of data of shape [2, 0]", of_nothing.get(1).data, empty({0}));
}

TEST_CASE("5.1  an example is a view: nothing is copied") {
  about("TensorDataset::get");
  Tensor data = zeros({3, 2}), targets = zeros({3}, int64);
  const TensorDataset dataset(data, targets);
  const Example got = dataset.get(1);
  data.fill_(4);
  targets.fill_(5);
  expect("example 1, after the data was filled with 4", got.data, tensor({4., 4.}));
  expect("its target, after the targets were filled with 5", got.target, tensor(5));
}

// 5.2 --------------------------------------------------------------------------------------------

namespace {

Indices draw_permutation(std::int64_t n, Generator& generator) {
  return randperm(n, generator).to_vector<std::int64_t>();
}

/// Where a generator is, in words of what it would give next.
void expect_same_place(const std::string& what, const Generator& got, const Generator& expected) {
  Generator a = got, b = expected;
  if (got.state() == expected.state()) return;
  std::ostringstream text;
  text << what << ": expected the next number drawn to be " << b.random() << ", got " << a.random();
  wrong_answer(text.str(), "More, or less, was drawn from it than PyTorch draws.");
}

}  // namespace

TEST_CASE("5.2  the order of 10 examples, with a generator seeded with 123, is PyTorch's") {
  Generator own(123);
  RandomSampler sampler(10, {.generator = &own});
  expect("the order", sampler.order(), Indices{2, 0, 8, 1, 3, 7, 4, 9, 5, 6});
}

TEST_CASE("5.2  every epoch has a new order, and each example comes once in it") {
  for (const std::int64_t n : {1, 2, 3, 1000}) {
    GIVEN(n);
    Generator own(1);
    RandomSampler mine(n, {.generator = &own}), fresh(n);
    for (RandomSampler* sampler : {&mine, &fresh}) {
      const std::string which = sampler == &mine ? ", own generator" : ", no generator";
      Indices all(n);
      for (std::int64_t i = 0; i < n; ++i) all[i] = i;
      const Indices first = sampler->order(), second = sampler->order();
      Indices sorted = first;
      std::ranges::sort(sorted);
      expect("the order, sorted" + which, sorted, all);
      if (n == 1000)
        expect_that(first != second, "the second epoch has the same order as the first" + which);
    }
  }
}

TEST_CASE("5.2  without a generator, a fresh one is seeded from the default one") {
  manual_seed(123);
  RandomSampler sampler(10);
  const Indices first = sampler.order(), second = sampler.order();
  manual_seed(123);
  int epoch = 0;
  for (const Indices& order : {first, second}) {
    Generator fresh(default_generator().random64() & INT64_MAX);
    expect("the order of epoch " + std::to_string(epoch++), order, draw_permutation(10, fresh));
  }
}

TEST_CASE("5.2  num_samples: fewer than all, or whole permutations and a piece") {
  for (const auto& [n, count] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {4, 10}, {10, 3}, {4, 8}, {4, 4}, {1, 5}, {7, 6}, {7, 8}}) {
    GIVEN(n);
    GIVEN(count);
    Generator own(7), same(7);
    const Indices got = RandomSampler(n, {.num_samples = count, .generator = &own}).order();
    Indices expected;
    while (std::ssize(expected) < count)
      for (const std::int64_t index : draw_permutation(n, same))
        if (std::ssize(expected) < count) expected.push_back(index);
    expect(std::to_string(count) + " indices of " + std::to_string(n) + " examples", got, expected);
  }
}

TEST_CASE("5.2  one permutation more is drawn than whole ones are needed") {
  for (const auto& [n, count] : std::vector<std::pair<std::int64_t, std::int64_t>>{
           {10, 10}, {4, 8}, {10, 3}, {4, 10}, {2, 1}}) {
    GIVEN(n);
    GIVEN(count);
    Generator own(5), same(5);
    RandomSampler(n, {.num_samples = count, .generator = &own}).order();
    for (std::int64_t i = 0; i <= count / n; ++i) draw_permutation(n, same);
    expect_same_place("the generator, after " + std::to_string(count) + " indices of " +
                          std::to_string(n) + " examples",
                      own, same);
  }
}

TEST_CASE("5.2  with replacement, draw_with_replacement() gives size() indices") {
  Generator own(123), same(123);
  RandomSampler sampler(10, {.replacement = true, .num_samples = 8, .generator = &own});
  expect("8 of 10 examples, with replacement", sampler.order(), Indices{2, 9, 2, 0, 0, 2, 6, 7});
  for (int i = 0; i < 8; ++i) same.random();
  expect_same_place("the generator, after 8 draws with replacement", own, same);

  manual_seed(9);
  const Indices got = RandomSampler(5, {.replacement = true}).order();
  manual_seed(9);
  Generator fresh(default_generator().random64() & INT64_MAX);
  expect("5 of 5 examples, with replacement, without a generator", got,
         randint(0, 5, {5}, fresh).to_vector<std::int64_t>());
}

TEST_CASE("5.2  the default generator gives one seed, and none to a sampler with its own") {
  for (const bool replacement : {false, true})
    for (const std::int64_t n : {1, 10, 100}) {
      GIVEN(replacement);
      GIVEN(n);
      manual_seed(1);
      Generator own(2), expected(1);
      RandomSampler(n, {.replacement = replacement, .generator = &own}).order();
      expect_same_place("the default generator, after a sampler with its own", default_generator(),
                        expected);
      RandomSampler(n, {.replacement = replacement}).order();
      expected.random64();
      expect_same_place("the default generator, after a sampler without one", default_generator(),
                        expected);
    }
}

TEST_CASE("5.2  the orders of PyTorch's loaders") {
  for (const Json& expected : load_oracle("random")["loaders"]) {
    if (!expected["shuffle"].get<bool>() || expected["drop_last"].get<bool>()) continue;
    const auto n = expected["n"].get<std::int64_t>();
    const auto seed = expected["seed"].get<std::uint64_t>();
    const bool is_own = !expected["generator_seed"].is_null();
    GIVEN(n);
    GIVEN(seed);
    manual_seed(seed);
    Generator own(is_own ? expected["generator_seed"].get<std::uint64_t>() : 0);
    Generator& drawn_from = is_own ? own : default_generator();
    RandomSampler sampler(n, {.generator = is_own ? &own : nullptr});
    int epoch = 0;
    for (const Json& batches : expected["epochs"]) {
      drawn_from.random64();  // a loader's own draw, the seed of its workers
      Indices order;
      for (const Json& batch : batches)
        for (const Json& index : batch) order.push_back(index.get<std::int64_t>());
      expect("the order of epoch " + std::to_string(epoch++), sampler.order(), order);
    }
    expect("rand() after these epochs", rand({1}).item<float>(),
           expected["rand_after"].get<float>());
  }
}

// 5.3 --------------------------------------------------------------------------------------------

namespace {

using Examples = std::vector<Example>;

}  // namespace

TEST_CASE("5.3  three examples become a batch of three") {
  const Examples examples{
      {tensor({1., 2.}), tensor(7)}, {tensor({3., 4.}), tensor(8)}, {tensor({5., 6.}), tensor(9)}};
  const Example batch = collate(examples);
  expect("the batch's data", batch.data, tensor({{1., 2.}, {3., 4.}, {5., 6.}}));
  expect("the batch's target", batch.target, tensor({7, 8, 9}));
}

TEST_CASE("5.3  without targets, the batch has none") {
  const Example batch = collate(Examples{{tensor({1, 2}), {}}, {tensor({3, 4}), {}}});
  expect("the batch's data", batch.data, tensor({{1, 2}, {3, 4}}));
  expect_undefined("the batch's target", batch.target);
}

TEST_CASE("5.3  a single example is a batch of one") {
  const Example batch = collate(Examples{{tensor({1., 2.}), tensor({true, false, true})}});
  expect("the batch's data", batch.data, tensor({{1., 2.}}));
  expect("the batch's target", batch.target, tensor({{true, false, true}}));
}

TEST_CASE("5.3  data of any shape, dtype and strides is stacked along a new first axis") {
  for (const Shape& shape : {Shape{}, Shape{1}, Shape{2, 3}, Shape{3, 1, 2}, Shape{0, 4}}) {
    GIVEN(shape);
    Examples examples;
    std::vector<double> data;
    std::vector<std::int64_t> targets;
    Generator random(3);
    for (std::int64_t i = 0; i < 4; ++i) {
      Shape backwards(shape);
      std::ranges::reverse(backwards);
      Shape axes;
      for (std::int64_t a = std::ssize(shape); a-- > 0;) axes.push_back(a);
      const Tensor x = rand(backwards, float64, random).permute(axes);  // strided
      const Tensor y = randint(-5, 5, shape, random);
      for (const double v : x.to_vector<double>()) data.push_back(v);
      for (const std::int64_t v : y.to_vector<std::int64_t>()) targets.push_back(v);
      examples.push_back({x, y});
    }
    Shape batched{4};
    batched.insert(batched.end(), shape.begin(), shape.end());
    const Example batch = collate(examples);
    expect("the batch's data", batch.data, tensor(data).reshape(batched));
    expect("the batch's target", batch.target, tensor(targets).reshape(batched));
  }
}

TEST_CASE("5.3  a batch of nothing is an error") {
  expect_error(
      "collate() of no examples", [] { collate(Examples{}); },
      "collate: expected at least one example, got none");
}

TEST_CASE("5.3  an example that does not match the first is named") {
  const Example good{zeros({2}), tensor(1)};
  expect_error(
      "data [2], [2], [3]",
      [&] {
        collate(Examples{good, good, {zeros({3}), tensor(1)}});
      },
      "collate: expected data of the same shape and dtype in the whole batch, got [2] float32 in "
      "the first example and [3] float32 in example 2");
  expect_error(
      "data of float32, then of int64",
      [&] {
        collate(Examples{good, {zeros({2}, int64), tensor(1)}, good});
      },
      "collate: expected data of the same shape and dtype in the whole batch, got [2] float32 in "
      "the first example and [2] int64 in example 1");
  expect_error(
      "a target of int64, then one of float32",
      [&] {
        collate(Examples{good, {zeros({2}), tensor(1.)}});
      },
      "collate: expected target of the same shape and dtype in the whole batch, got [] int64 in "
      "the first example and [] float32 in example 1");
  expect_error(
      "a target of shape [], then one of shape [1]",
      [&] {
        collate(Examples{good, good, good, {zeros({2}), tensor({1})}});
      },
      "got [] int64 in the first example and [1] int64 in example 3");
}

TEST_CASE("5.3  a target too few or too many is an error, in any example") {
  const Example with{zeros({2}), tensor(1)}, without{zeros({2}), {}};
  expect_error(
      "a target, then none",
      [&] {
        collate(Examples{with, without});
      },
      "collate: example 1 of the batch has no target, the first has one");
  expect_error(
      "no target, no target, then one",
      [&] {
        collate(Examples{without, without, with});
      },
      "collate: example 2 of the batch has a target, the first has none");
  expect_error(
      "data, then an example without any",
      [&] {
        collate(Examples{without, {}});
      },
      "collate: example 1 of the batch has no data, the first has one");
}

// 5.4 --------------------------------------------------------------------------------------------

namespace {

/// How often threads of start() have slept for a time that was up, instead of being woken.
std::atomic<int> naps = 0;
thread_local bool counts_naps = false;

/// What a call gives that a thread of its own makes. Nobody waits for that thread in the end: with
/// a wrong answer it may sleep for ever, so what it uses must be its own, or shared.
template <class Call>
auto start(Call call) {
  std::packaged_task<decltype(call())()> task([call = std::move(call)]() mutable {
    counts_naps = true;
    return call();
  });
  auto result = task.get_future();
  std::thread(std::move(task)).detach();
  return result;
}

/// How long a call may take that is to come back at once: once one has not, nobody is patient.
std::chrono::milliseconds patience = 2s;

/// The result, which must come soon.
template <class T>
T wake(const std::string& what, std::future<T>& result,
       std::source_location at = std::source_location::current()) {
  if (result.wait_for(patience) != std::future_status::ready) {
    patience = 200ms;
    wrong_answer(what + ": still asleep, expected it to go on", "", at);
  }
  return result.get();
}

/// A call that need not wait, with what it gives.
template <class Call>
auto at_once(const std::string& what, Call call,
             std::source_location at = std::source_location::current()) {
  auto result = start(std::move(call));
  return wake(what, result, at);
}

template <class T>
void expect_asleep(const std::string& what, std::future<T>& result,
                   std::source_location at = std::source_location::current()) {
  if (result.wait_for(10ms) == std::future_status::timeout) return;
  result.get();  // perhaps there is an exception, which says more
  wrong_answer(what, "", at);
}

/// A queue whose every use is in a thread of its own.
struct Queue {
  std::shared_ptr<PrefetchQueue> shared;
  explicit Queue(std::size_t capacity) : shared(std::make_shared<PrefetchQueue>(capacity)) {}

  auto start_wait_for_room() const {
    return start([queue = shared] { return queue->wait_for_room(); });
  }
  auto start_pop() const {
    return start([queue = shared] { return queue->pop(); });
  }
  void push(std::int64_t number) const {
    Fetched fetched;
    fetched.batch.data = tensor(number);
    at_once("push(), which never waits", [queue = shared, fetched] { queue->push(fetched); });
  }
  void close() const {
    at_once("close(), which never waits", [queue = shared] { queue->close(); });
  }
  std::optional<Fetched> pop(const std::string& what) const {
    auto popped = start_pop();
    return wake(what, popped);
  }
  bool wait_for_room(const std::string& what) const {
    auto room = start_wait_for_room();
    return wake(what, room);
  }
};

void expect_batch(const std::string& what, const std::optional<Fetched>& got, std::int64_t number) {
  expect_that(got.has_value(), what + ": expected batch " + std::to_string(number) +
                                   ", got std::nullopt, though nobody has closed the queue");
  expect_that(got->batch.data.defined(),
              what + ": expected batch " + std::to_string(number) + ", got an empty Fetched");
  expect(what + ", the number of the batch", got->batch.data.item<std::int64_t>(), number);
}

}  // namespace

TEST_CASE("5.4  what is pushed comes out, the first one first") {
  const Queue queue(3);
  for (const int number : {1, 2, 3}) queue.push(number);
  for (const int number : {1, 2, 3}) {
    const std::string which = "pop() number " + std::to_string(number) + " after push() of 1, 2, 3";
    expect_batch(which, queue.pop(which), number);
  }
}

TEST_CASE("5.4  there is room until capacity batches are ready") {
  const Queue queue(2);
  expect("wait_for_room(), nothing ready, capacity 2",
         queue.wait_for_room("wait_for_room(), nothing ready, capacity 2"), true);
  queue.push(1);
  expect("wait_for_room(), 1 ready, capacity 2",
         queue.wait_for_room("wait_for_room(), 1 ready, capacity 2"), true);
  queue.push(2);
  auto room = queue.start_wait_for_room();
  expect_asleep("wait_for_room() did not wait, though 2 are ready and the capacity is 2", room);
  queue.pop("pop(), 2 ready");
  expect("wait_for_room(), after a pop()", wake("wait_for_room(), after a pop()", room), true);
}

TEST_CASE("5.4  the trainer sleeps until something is ready") {
  const Queue queue(2);
  auto popped = queue.start_pop();
  expect_asleep("pop() did not wait, though nothing was ready", popped);
  queue.push(5);
  expect_batch("pop(), after a push()", wake("pop(), after a push()", popped), 5);
}

TEST_CASE("5.4  a full queue takes what is pushed, and the worker sleeps on") {
  const Queue queue(1);
  queue.push(1);
  auto room = queue.start_wait_for_room();
  expect_asleep("wait_for_room() did not wait, though 1 is ready and the capacity is 1", room);
  queue.push(2);  // whoever sleeps is woken, and must look again
  expect_asleep("wait_for_room() went on when it was woken, though 2 are ready", room);
  expect_batch("the first pop()", queue.pop("the first pop()"), 1);
  expect_asleep("wait_for_room() went on when it was woken, though 1 is still ready", room);
  expect_batch("the second pop()", queue.pop("the second pop()"), 2);
  expect("wait_for_room(), when nothing is ready",
         wake("wait_for_room(), when nothing is ready", room), true);
}

TEST_CASE("5.4  close() wakes the side that is asleep") {
  const Queue empty_one(2);
  auto popped = empty_one.start_pop();
  expect_asleep("pop() did not wait, though nothing was ready", popped);
  empty_one.close();
  expect("whether pop() has a batch after close()",
         wake("pop(), after close()", popped).has_value(), false);

  const Queue full_one(1);
  full_one.push(1);
  auto room = full_one.start_wait_for_room();
  expect_asleep("wait_for_room() did not wait, though 1 is ready and the capacity is 1", room);
  full_one.close();
  expect("wait_for_room(), after close()", wake("wait_for_room(), after close()", room), false);
}

TEST_CASE("5.4  a closed queue gives nothing, and nobody waits at it") {
  const Queue queue(2);
  queue.push(1);
  queue.close();
  expect("wait_for_room() of a closed queue with room",
         queue.wait_for_room("wait_for_room() of a closed queue"), false);
  expect("whether pop() of a closed queue has a batch, 1 of which was ready",
         queue.pop("pop() of a closed queue").has_value(), false);
  for (const int number : {2, 3, 4}) queue.push(number);
  expect("whether pop() has a batch that was pushed after close()",
         queue.pop("pop() of a closed queue").has_value(), false);
  expect("wait_for_room() of a closed queue, after three more push()",
         queue.wait_for_room("wait_for_room() of a closed queue"), false);
  queue.close();  // once more is no mistake
}

TEST_CASE("5.4  close() lets go of what is ready, and push() of what comes after it") {
  const auto queue = std::make_shared<PrefetchQueue>(2);
  const auto push = [&queue] {
    Fetched fetched;
    fetched.batch.data = zeros({2});
    const std::weak_ptr<TensorImpl> watched = fetched.batch.data.shared_impl();
    at_once("push()", [queue, given = std::make_shared<Fetched>(std::move(fetched))] {
      queue->push(std::move(*given));
    });
    return watched;
  };
  const auto ready = push();
  at_once("close()", [queue] { queue->close(); });
  expect_that(ready.expired(), "close(): a batch that was ready is still in memory");
  expect_that(push().expired(), "push() after close(): the batch is still in memory");
}

TEST_CASE("5.4  a batch travels with its target, its error and its generator") {
  const auto queue = std::make_shared<PrefetchQueue>(2);
  at_once("push()", [queue] {
    Fetched fetched;
    fetched.batch = {tensor({1., 2.}), tensor(3)};
    fetched.error = std::make_exception_ptr(Error("the picture is broken"));
    fetched.generator = Generator(42);
    queue->push(fetched);
  });
  const std::optional<Fetched> got = at_once("pop()", [queue] { return queue->pop(); });
  expect_that(got.has_value(), "pop(): expected a batch, got std::nullopt");
  expect("the batch's data", got->batch.data, tensor({1., 2.}));
  expect("the batch's target", got->batch.target, tensor(3));
  expect_that(got->error != nullptr, "the error of the batch was lost");
  expect("the state of the generator", got->generator.state(), Generator(42).state());
}

TEST_CASE("5.4  a hundred batches through a queue of 2, and the worker is never too far ahead") {
  struct Seen {
    Indices taken;
    std::int64_t most_ready = 0;
  };
  const Queue queue(2);
  const auto prepared = std::make_shared<std::atomic<std::int64_t>>(0);
  auto worker = start([queue, prepared] {
    for (std::int64_t i = 0; i < 100; ++i) {
      if (!queue.shared->wait_for_room()) return false;
      Fetched fetched;
      fetched.batch.data = tensor(i);
      ++*prepared;
      queue.shared->push(std::move(fetched));
    }
    return true;
  });
  auto trainer = start([queue, prepared] {
    Seen seen;
    for (std::int64_t i = 0; i < 100; ++i) {
      if (i % 20 == 0) std::this_thread::sleep_for(2ms);  // let the worker come as far as it can
      seen.most_ready = std::max(seen.most_ready, *prepared - i);
      const std::optional<Fetched> fetched = queue.shared->pop();
      if (!fetched) break;
      seen.taken.push_back(fetched->batch.data.item<std::int64_t>());
    }
    return seen;
  });
  const Seen seen = wake("the trainer, who wants 100 batches", trainer);
  Indices all(100);
  for (std::int64_t i = 0; i < 100; ++i) all[i] = i;
  expect("the batches that the trainer got", seen.taken, all);
  expect("wait_for_room() was true each time", wake("the worker, who made 100 batches", worker),
         true);
  expect_that(seen.most_ready <= 2, "the worker was " + std::to_string(seen.most_ready) +
                                        " batches ahead: expected no more than the capacity, 2");
}

TEST_CASE("5.4  pop() looks again when it is woken: two wait, one batch comes") {
  const Queue queue(2);
  auto one = queue.start_pop(), other = queue.start_pop();
  expect_asleep("pop() did not wait, though nothing was ready", one);
  expect_asleep("pop() did not wait, though nothing was ready", other);
  queue.push(1);
  for (auto waited = 0ms; waited < patience; waited += 10ms)
    if (one.wait_for(5ms) == std::future_status::ready ||
        other.wait_for(5ms) == std::future_status::ready)
      break;
  const bool first = one.wait_for(0ms) == std::future_status::ready;
  auto &woken = first ? one : other, &asleep = first ? other : one;
  expect_batch("the pop() that was woken", wake("pop(), after a push()", woken), 1);
  expect_asleep("the other pop() did not wait on, though nothing was ready", asleep);
  queue.push(2);
  expect_batch("the other pop()", wake("the other pop()", asleep), 2);
}

TEST_CASE("5.4  who waits sleeps, for as long as it takes") {
  const Queue empty_one(2), full_one(1);
  full_one.push(1);
  auto popped = empty_one.start_pop();
  auto room = full_one.start_wait_for_room();
  const int naps_before = naps;
  const std::clock_t before = std::clock();  // processor time, of all threads
  expect_that(popped.wait_for(150ms) == std::future_status::timeout,
              "pop() did not wait on, though nothing was ready");
  expect_that(room.wait_for(0ms) == std::future_status::timeout,
              "wait_for_room() did not wait on, though the queue was full");
  const double busy = double(std::clock() - before) * 1000 / CLOCKS_PER_SEC;
  expect_that(busy < 10, "whoever waits keeps a processor busy, " + std::to_string(int(busy)) +
                             " ms in 150 ms: expected it to sleep");
  expect_that(naps == naps_before,
              "whoever waits sleeps for a while, looks, and sleeps again: expected it to sleep on "
              "changed_ until somebody notifies it");
  empty_one.push(5);
  expect_batch("pop(), after a push()", wake("pop(), after a push()", popped), 5);
  full_one.close();
  expect("wait_for_room(), after close()", wake("wait_for_room(), after close()", room), false);
}

namespace {

enum class Pause { after_looking, before_locking };

/// Where a thread says that it pauses; null in those that do not.
thread_local std::atomic<bool>* says_that_it_pauses = nullptr;
thread_local Pause pause_of_thread = Pause::after_looking;
thread_local int mutexes_taken = 0;  // by this thread, so far

void pause_here(Pause where) {
  if (!says_that_it_pauses || where != pause_of_thread) return;
  *says_that_it_pauses = true;
  std::this_thread::sleep_for(15ms);
}

/// `call` in a thread that pauses where it goes to sleep, and where it lets go of a mutex, or just
/// before it takes one; and `other` in a second one, while the first pauses. What is done without
/// the mutex then goes wrong each time, and not once in a thousand. Both must come to their end.
template <class Call, class Other>
auto in_the_pause_of(const std::string& what, Call call, Other other,
                     Pause where = Pause::after_looking,
                     std::source_location at = std::source_location::current()) {
  const auto pauses = std::make_shared<std::atomic<bool>>(false);
  auto result = start([pauses, call, where] {
    says_that_it_pauses = pauses.get();
    pause_of_thread = where;
    auto got = call();
    says_that_it_pauses = nullptr;
    return got;
  });
  while (!*pauses && result.wait_for(0ms) != std::future_status::ready) std::this_thread::yield();
  auto change = start([other] { return other(), true; });
  wake(what + ", the other thread", change, at);
  return wake(what, result, at);
}

}  // namespace

// What std::mutex and std::condition_variable call; the thread sanitizer has others.
#if defined(__GLIBC__) && !defined(__SANITIZE_THREAD__)
extern "C" int pthread_cond_wait(pthread_cond_t* condition, pthread_mutex_t* mutex) {
  static const auto next =
      reinterpret_cast<decltype(&pthread_cond_wait)>(dlsym(RTLD_NEXT, "pthread_cond_wait"));
  pause_here(Pause::after_looking);
  return next(condition, mutex);
}
extern "C" int nanosleep(const timespec* time, timespec* left) {
  static const auto next = reinterpret_cast<decltype(&nanosleep)>(dlsym(RTLD_NEXT, "nanosleep"));
  if (counts_naps) ++naps;
  return next(time, left);
}
extern "C" int pthread_mutex_lock(pthread_mutex_t* mutex) noexcept {
  static const auto next =
      reinterpret_cast<decltype(&pthread_mutex_lock)>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
  pause_here(Pause::before_locking);
  ++mutexes_taken;
  return next(mutex);
}
extern "C" int pthread_mutex_unlock(pthread_mutex_t* mutex) noexcept {
  static const auto next =
      reinterpret_cast<decltype(&pthread_mutex_unlock)>(dlsym(RTLD_NEXT, "pthread_mutex_unlock"));
  const int status = next(mutex);
  pause_here(Pause::after_looking);
  return status;
}
#endif

TEST_CASE("5.4  nobody sleeps on who looked at the queue just before it changed") {
  const auto queue_of = [](std::size_t ready) {
    const Queue queue(1);
    for (std::size_t i = 0; i < ready; ++i) queue.push(5);
    return queue.shared;
  };
  std::shared_ptr<PrefetchQueue> queue = queue_of(0);
  const auto pop = [&queue] { return [queue = queue] { return queue->pop(); }; };
  const auto wait_for_room = [&queue] {
    return [queue = queue] { return queue->wait_for_room(); };
  };
  const auto close = [&queue] { return [queue = queue] { queue->close(); }; };

  const std::string before = ", who has looked, and is about to sleep";
  expect("whether pop() has a batch, closed",
         in_the_pause_of("close() while another is in pop()" + before, pop(), close()).has_value(),
         false);
  queue = queue_of(0);
  expect_batch("pop()",
               in_the_pause_of("push() while another is in pop()" + before, pop(),
                               [queue] {
                                 Fetched fetched;
                                 fetched.batch.data = tensor(std::int64_t{5});
                                 queue->push(std::move(fetched));
                               }),
               5);
  queue = queue_of(1);
  expect("wait_for_room(), closed",
         in_the_pause_of("close() while another is in wait_for_room()" + before, wait_for_room(),
                         close()),
         false);
  queue = queue_of(1);
  expect("wait_for_room(), after a pop()",
         in_the_pause_of("pop() while another is in wait_for_room()" + before, wait_for_room(),
                         [queue] { queue->pop(); }),
         true);
}

TEST_CASE("5.4  what one thread takes out, another cannot give up") {
  const Queue queue(3);
  for (const int number : {1, 2, 3}) queue.push(number);
  const auto got = in_the_pause_of(
      "close() while another is in pop()", [queue = queue.shared] { return queue->pop(); },
      [queue = queue.shared] { queue->close(); });
  if (got) expect_batch("pop(), just before close()", got, 1);
}

TEST_CASE("5.4  close() gives up what is ready, in whatever pause a push() comes") {
  const auto push = [](const std::shared_ptr<PrefetchQueue>& queue) {
    auto fetched = std::make_shared<Fetched>();
    fetched->batch.data = zeros({2});
    const std::weak_ptr<TensorImpl> watched = fetched->batch.data.shared_impl();
    return std::pair([queue, fetched] { queue->push(std::move(*fetched)); }, watched);
  };
  auto queue = std::make_shared<PrefetchQueue>(2);
  const auto [during, of_during] = push(queue);
  in_the_pause_of(
      "push() while another is in close()", [queue] { return queue->close(), true; }, during);
  expect_that(of_during.expired(),
              "what is pushed while another thread is in close() is still in memory");

  queue = std::make_shared<PrefetchQueue>(2);
  const auto [before, of_before] = push(queue);
  in_the_pause_of(
      "close() while another is about to take the mutex in push()",
      [before = before] { return before(), true; }, [queue] { queue->close(); },
      Pause::before_locking);
  expect_that(of_before.expired(),
              "the batch of a push() that takes the mutex after close() is still in memory: it "
              "should look at closed_ when it has the mutex");
}

TEST_CASE("5.4  two that close at once give up each batch once") {
  const auto queue = std::make_shared<PrefetchQueue>(2);
  struct Count {
    std::atomic<int> given_up = 0, under_way = 0;
    std::atomic<bool> by_two = false;
  };
  const auto count = std::make_shared<Count>();
  constexpr int batches = 10;
  for (int i = 0; i < batches; ++i) {
    const std::shared_ptr<float> memory(new float(0), [count](float* number) {
      if (++count->under_way > 1) count->by_two = true;
      std::this_thread::sleep_for(10ms);  // long enough for the other to come
      --count->under_way;
      ++count->given_up;
      delete number;
    });
    Fetched fetched;
    fetched.batch.data = Tensor(Storage(memory.get(), 4, cpu, memory), Layout(Shape{}), float32);
    queue->push(std::move(fetched));
  }
  in_the_pause_of(
      "close() while another is in close()", [queue] { return queue->close(), true; },
      [queue] { queue->close(); });
  expect_that(!count->by_two, "two threads were giving up the batches of one queue at once");
  expect("how many of 10 batches were given up", count->given_up.load(), batches);
}

#if defined(__GLIBC__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("5.4  whoever looks at the queue takes the mutex, even if nobody has to wait") {
  const auto expect_taken = [](const std::string& what, const std::function<void()>& call) {
    const int taken = at_once(what, [call] {
      const int before = mutexes_taken;
      call();
      return mutexes_taken - before;
    });
    expect_that(taken > 0, what + " did not take mutex_, which guards what it looks at: another " +
                               "thread may be changing it");
  };
  const auto queue = std::make_shared<PrefetchQueue>(2);
  for (const std::string state : {"", " of a closed queue"}) {
    expect_taken("push()" + state, [queue] { queue->push({}); });
    expect_taken("wait_for_room()" + state, [queue] { queue->wait_for_room(); });
    expect_taken("pop()" + state, [queue] { queue->pop(); });
    expect_taken("close()" + state, [queue] { queue->close(); });
  }
}
#endif

// 5.5 --------------------------------------------------------------------------------------------

namespace {

/// A file of these bytes: bytes({0, 0, 8, 1}).
std::string bytes(const std::vector<int>& values) {
  std::string file;
  for (const int value : values) file += static_cast<char>(value);
  return file;
}

/// As the chapter prints them: 00 00 08 01.
std::string hex(const std::string& file) {
  std::string text;
  for (const unsigned char byte : file.substr(0, 32)) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
    text += ' ';
  }
  return text + (file.size() > 32 ? "…" : "") + '(' + std::to_string(file.size()) + " bytes)";
}

/// Reads the file from memory that is exactly as long.
Tensor parse(const std::string& file, const IdxOptions& options = {}) {
  const std::vector<char> exact(file.begin(), file.end());
  return parse_idx(std::as_bytes(std::span(exact)), "some.idx", options);
}

/// The file is refused, in words that have this part and with its name in front, and no memory is
/// taken for what is not there.
void expect_refused(const std::string& file, const std::string& part,
                    std::source_location at = std::source_location::current()) {
  const std::string shown = hex(file);
  GIVEN(shown);
  const LargestAllocation largest;
  const std::string text = message_of([&] { parse(file); });
  expect_that(largest.bytes() < 1 << 20,
              "parse_idx() took " + std::to_string(largest.bytes()) +
                  " bytes of memory for a file of " + std::to_string(file.size()),
              at);
  expect_error(
      "parse_idx()", [&] { parse(file); }, part, at);
  expect_that(text.starts_with("some.idx: "),
              "the error does not begin with the name of the file: \"" + text + '"', at);
}

}  // namespace

TEST_CASE("5.5  the file of the chapter is [[1, 2, 3], [4, 5, 6]]") {
  const std::string file = bytes({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6});
  const std::string shown = hex(file);
  GIVEN(shown);
  expect("the tensor", parse(file), tensor({{1, 2, 3}, {4, 5, 6}}));
}

TEST_CASE("5.5  no axes are a scalar, and a length may be 0") {
  expect("00 00 08 00, then 05", parse(bytes({0, 0, 8, 0, 5})), tensor(5));
  expect("one axis of length 0", parse(bytes({0, 0, 8, 1, 0, 0, 0, 0})), empty({0}, int64));
  expect("axes of lengths 2 and 0", parse(bytes({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 0})),
         empty({2, 0}, int64));
  expect("axes of lengths 1, 1 and 1",
         parse(bytes({0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 9})), tensor({{{9}}}));
}

TEST_CASE("5.5  every type of elements") {
  const auto two = [](int type, const std::vector<int>& elements) {
    return parse(bytes({0, 0, type, 1, 0, 0, 0, 2}) + bytes(elements));
  };
  expect("unsigned bytes c8 01", two(0x08, {0xC8, 1}), tensor({200, 1}));
  expect("signed bytes ff 01", two(0x09, {0xFF, 1}), tensor({-1, 1}));
  expect("16 bits ff fe, 01 00", two(0x0B, {0xFF, 0xFE, 1, 0}), tensor({-2, 256}));
  expect("32 bits ff ff ff fd, 00 01 00 00", two(0x0C, {0xFF, 0xFF, 0xFF, 0xFD, 0, 1, 0, 0}),
         tensor({-3, 65536}));
  expect("floats 3f c0 00 00, c0 00 00 00", two(0x0D, {0x3F, 0xC0, 0, 0, 0xC0, 0, 0, 0}),
         tensor({1.5, -2.}));
  expect("doubles 3f f8 0…, c0 00 0…",
         two(0x0E, {0x3F, 0xF8, 0, 0, 0, 0, 0, 0, 0xC0, 0, 0, 0, 0, 0, 0, 0}),
         tensor({1.5, -2.}, float64));
}

TEST_CASE("5.5  lengths have their most significant byte first, and options are obeyed") {
  const std::string file = bytes({0, 0, 8, 2, 0, 0, 1, 2, 0, 0, 0, 1}) + std::string(258, '\x33');
  expect("the shape for lengths 00 00 01 02 and 00 00 00 01", parse(file).shape(), Shape{258, 1});
  const std::string pixels = bytes({0, 0, 8, 1, 0, 0, 0, 2, 0xFF, 0x33});
  expect("pixels ff 33 with dtype float32", parse(pixels, {.dtype = float32}), tensor({255., 51.}));
  expect("pixels ff 33 with dtype float32 and divisor 255",
         parse(pixels, {.dtype = float32, .divisor = 255}), tensor({1., 0.2}));
}

TEST_CASE("5.5  what is no IDX file is refused") {
  expect_refused("", "expected an IDX file, which has at least 4 bytes, got 0");
  expect_refused(bytes({0, 0, 8}), "expected an IDX file, which has at least 4 bytes, got 3");
  expect_refused("\x89PNG....", "begins with two zero bytes, got 137 and 80");
  expect_refused(bytes({0, 1, 8, 0, 5}), "begins with two zero bytes, got 0 and 1");
  expect_refused(bytes({1, 0, 8, 0, 5}), "begins with two zero bytes, got 1 and 0");
  for (const int type : {0, 7, 10, 15, 255})
    expect_refused(bytes({0, 0, type, 0, 5}),
                   "expected the type of the elements, 8, 9, 11, 12, 13 or 14, in byte 2, got " +
                       std::to_string(type));
}

TEST_CASE("5.5  a header that is cut off is refused") {
  expect_refused(bytes({0, 0, 8, 3, 0, 0, 0, 1, 0, 0}),
                 "the lengths of 3 axes in bytes 4 to 15, but the file ends after 10");
  expect_refused(bytes({0, 0, 8, 1}),
                 "the lengths of 1 axes in bytes 4 to 7, but the file ends after 4");
  expect_refused(bytes({0, 0, 8, 1, 0, 0, 0}),
                 "the lengths of 1 axes in bytes 4 to 7, but the file ends after 7");
  expect_refused(bytes({0, 0, 8, 255, 0, 0, 0, 0, 0, 0, 0, 0}),
                 "the lengths of 255 axes in bytes 4 to 1023, but the file ends after 12");
}

TEST_CASE("5.5  too few bytes, or too many, are refused") {
  const std::string header = bytes({0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3});
  const std::string claim = "expected 6 elements of 1 bytes, for shape [2, 3], after the header, ";
  expect_refused(header + bytes({1, 2, 3, 4, 5}), claim + "got 5 bytes");
  expect_refused(header + bytes({1, 2, 3, 4, 5, 6, 7}), claim + "got 7 bytes");
  expect_refused(header, claim + "got 0 bytes");
  expect_refused(bytes({0, 0, 0x0B, 1, 0, 0, 0, 2, 1, 2}),
                 "expected 2 elements of 2 bytes, for shape [2], after the header, got 2 bytes");
  expect_refused(bytes({0, 0, 0x0E, 0, 1, 2, 3, 4}),
                 "expected 1 elements of 8 bytes, for shape [], after the header, got 4 bytes");
}

TEST_CASE("5.5  a claim is no reason to take memory") {
  expect_refused(bytes({0, 0, 8, 1, 0x80, 0, 0, 0, 1}),
                 "expected 2147483648 elements of 1 bytes, for shape [2147483648], after the "
                 "header, got 1 bytes");
  // One more than what a float counts.
  expect_refused(bytes({0, 0, 8, 1, 1, 0, 0, 1, 1}), "expected 16777217 elements of 1 bytes");
  // 2³¹ · 2³⁰ elements of 8 bytes are 2⁶⁴, which 64 bits take for 0.
  expect_refused(bytes({0, 0, 0x0E, 2, 0x80, 0, 0, 0, 0x40, 0, 0, 0}),
                 "expected 2305843009213693952 elements of 8 bytes");
  // 2³² elements of 4 bytes are 2³⁴, which 32 bits take for 0.
  expect_refused(bytes({0, 0, 0x0C, 2, 0, 1, 0, 0, 0, 1, 0, 0}),
                 "expected 4294967296 elements of 4 bytes");
  // 2⁶⁴ elements, which 64 bits take for 0.
  expect_refused(bytes({0, 0, 8, 4, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0}),
                 "shape [65536, 65536, 65536, 65536] has more elements than 63 bits can count");
}

TEST_CASE("5.5  nothing of the file stays in memory") {
  const std::string file = bytes({0, 0, 8, 1, 0, 0x10, 0, 0}) + std::string(1 << 20, '\1');
  parse(file);  // the memory of a tensor may be kept, for the next one
  const HeldMemory held;
  parse(file);
  expect_that(held.bytes() < 1 << 19, "after a file of 1 MB was read once more, " +
                                          std::to_string(held.bytes()) +
                                          " bytes of memory are still held");
}

TEST_CASE("5.5  a file of more than 4 GiB has more than the 2 bytes that it claims") {
  // Addresses only: of such memory there is what somebody has written into.
  const std::string begin = bytes({0, 0, 8, 1, 0, 0, 0, 2, 3, 4});
  const std::size_t size = begin.size() + (std::size_t{1} << 32);
  void* const memory =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED) return;
  const std::shared_ptr<void> owner(memory, [size](void* all) { munmap(all, size); });
  std::ranges::copy(begin, static_cast<char*>(memory));
  expect_error(
      "parse_idx() of 4294967306 bytes",
      [&] {
        parse_idx({static_cast<const std::byte*>(memory), size}, "some.idx", {});
      },
      "some.idx: expected 2 elements of 1 bytes, for shape [2], after the header, got 4294967298");
}

TEST_CASE("5.5  thousands of damaged files are read or refused") {
  std::string good = bytes({0, 0, 0x0B, 3, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4});
  for (int i = 0; i < 48; ++i) good += static_cast<char>(i * 37);
  for_each_damaged(good, 2000, [](const std::string& file) {
    const std::string shown = hex(file);
    GIVEN(shown);
    const LargestAllocation largest;
    Tensor read;
    try {
      read = parse(file);
    } catch (const Error& error) {
      expect_that(std::string(error.what()).starts_with("some.idx: "),
                  std::string("the error does not begin with the name of the file: \"") +
                      error.what() + '"');
    } catch (const NotImplemented&) {
      throw;
    } catch (const std::exception& error) {
      wrong_answer(std::string("a damaged file: expected a tensor or an Error, got a ") +
                   error.what());
    }
    expect_that(largest.bytes() < 1 << 20, "parse_idx() took " + std::to_string(largest.bytes()) +
                                               " bytes of memory for a file of " +
                                               std::to_string(file.size()));
    if (!read.defined()) return;
    const int size_of_type[] = {1, 1, 0, 2, 4, 4, 8};  // by the third byte, from 8 on
    const std::int64_t size = read.numel() * size_of_type[file.at(2) - 8];
    expect("the bytes of a file of shape " + (std::ostringstream() << read.shape()).str(),
           std::ssize(file), 4 + 4 * read.dim() + size);
  });
}
