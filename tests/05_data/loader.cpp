#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <numeric>
#include <system_error>
#include <thread>
#include <type_traits>

#include "kindling/autograd.h"
#include "kindling/ops.h"
#include "kindling/prefetch.h"
#include "kindling/threads.h"
#include "testing/files.h"
#include "testing/oracle.h"

using namespace kindling;
using namespace kindling::data;
using namespace kindling::testing;
using namespace std::chrono_literals;

namespace {

/// 0 to n - 1, as int64.
TensorDataset numbers(std::int64_t n) { return TensorDataset(arange(n)); }

/// The batches of the next epoch.
std::vector<Indices> batches_of(DataLoader& loader) {
  std::vector<Indices> found;
  for (auto& [x, y] : loader) found.push_back(x.to_vector<std::int64_t>());
  return found;
}

/// Each example with noise from the thread's own generator: what random augmentations do.
struct Noisy : Dataset {
  std::int64_t n;
  explicit Noisy(std::int64_t n) : n(n) {}
  Example get(std::int64_t i) const override {
    return {rand({3}) + static_cast<double>(i), tensor(i)};
  }
  std::int64_t size() const override { return n; }
};

/// What all batches of the loader's next epoch hold, from batch `skip` on, as one list.
std::vector<float> contents(DataLoader& loader, std::int64_t skip = 0) {
  std::vector<float> found;
  for (auto& [x, y] : loader)
    if (skip-- <= 0)
      for (float v : x.to_vector<float>()) found.push_back(v);
  return found;
}

/// Counts how far workers are ahead, and fails at one example.
struct Watched : Dataset {
  std::shared_ptr<std::atomic<int>> fetched = std::make_shared<std::atomic<int>>(0);
  std::int64_t n, bad;
  std::chrono::microseconds takes;
  explicit Watched(std::int64_t n, std::int64_t bad = -1, std::chrono::microseconds takes = 0us)
      : n(n), bad(bad), takes(takes) {}
  Example get(std::int64_t i) const override {
    ++*fetched;
    std::this_thread::sleep_for(takes);
    check(i != bad, "Watched: the picture of example ", i, " is broken");
    return {tensor(i), tensor(i)};
  }
  std::int64_t size() const override { return n; }
};

/// On Linux, which shows them; elsewhere nothing is compared.
int threads_running() {
  int count = 0;
  if (!fs::exists("/proc/self/task")) return count;
  for ([[maybe_unused]] const auto& task : fs::directory_iterator("/proc/self/task")) ++count;
  return count;
}

/// Joined threads may stand in /proc for a moment longer.
bool threads_return_to(int before) {
  for (int i = 0; i < 200 && threads_running() > before; ++i) std::this_thread::sleep_for(5ms);
  return threads_running() <= before;
}

}  // namespace

TEST_CASE("The loader serves PyTorch's batches and leaves its generator where PyTorch does") {
  for (const int workers : {0, 1, 3}) {
    for (const Json& expected : load_oracle("random")["loaders"]) {
      manual_seed(expected["seed"].get<std::uint64_t>());
      const bool is_own = !expected["generator_seed"].is_null();
      Generator own(is_own ? expected["generator_seed"].get<std::uint64_t>() : 0);
      DataLoader loader(numbers(expected["n"]), {.batch_size = expected["batch_size"],
                                                 .shuffle = expected["shuffle"],
                                                 .num_workers = workers,
                                                 .drop_last = expected["drop_last"],
                                                 .generator = is_own ? &own : nullptr});
      for (const Json& epoch : expected["epochs"]) {
        CHECK(batches_of(loader) == epoch.get<std::vector<Indices>>());
        CHECK(loader.size() == std::ssize(epoch));
      }
      CHECK(rand({1}).item<float>() == expected["rand_after"].get<float>());
    }
  }
}

TEST_CASE("The hour's orders") {
  manual_seed(123);
  DataLoader first(numbers(5), {.batch_size = 2, .shuffle = true});
  CHECK(batches_of(first) == std::vector<Indices>{{3, 1}, {0, 2}, {4}});
  DataLoader second(numbers(5), {.batch_size = 2, .shuffle = true, .drop_last = true});
  CHECK(batches_of(second) == std::vector<Indices>{{0, 2}, {3, 1}});
}

TEST_CASE("A batch can be taken apart, changed, kept and be the last to hold its memory") {
  const TensorDataset dataset(arange(0., 12.).reshape({6, 2}), arange(6));
  DataLoader loader(dataset, {.batch_size = 4});
  Tensors kept;
  for (auto& [features, labels] : loader) {
    CHECK(features.size(0) == labels.size(0));
    features.add_(1);
    kept.push_back(features);
  }
  CHECK(equal(kept[1], tensor({{9., 10.}, {11., 12.}})));
  CHECK(dataset[0].data[0].item() == 0);  // a batch is a copy
}

TEST_CASE("A sampler decides") {
  struct Backwards : Sampler {
    Indices order() override { return {4, 3, 2, 1, 0}; }
    std::int64_t size() const override { return 5; }
  };
  DataLoader loader(numbers(5), {.batch_size = 2, .sampler = std::make_shared<Backwards>()});
  CHECK(batches_of(loader) == std::vector<Indices>{{4, 3}, {2, 1}, {0}});
  CHECK_FAILS(DataLoader(numbers(5), {.shuffle = true, .sampler = std::make_shared<Backwards>()}),
              "got both");
}

TEST_CASE("The loader refuses nonsense") {
  CHECK_FAILS(DataLoader(numbers(5), {.batch_size = 0}), "positive batch_size, got 0");
  CHECK_FAILS(DataLoader(numbers(5), {.num_workers = -1}), "num_workers of 0 or more, got -1");
  CHECK_FAILS(DataLoader(numbers(5), {.prefetch_factor = 0}), "positive prefetch_factor, got 0");
  CHECK_FAILS(DataLoader(numbers(0), {.shuffle = true}), "at least one example");
  DataLoader none(numbers(0), {.num_workers = 2});
  CHECK(none.size() == 0);
  CHECK(batches_of(none).empty());
}

TEST_CASE("More workers than batches, and batches of one") {
  DataLoader loader(numbers(3), {.num_workers = 8});
  for (int epoch = 0; epoch < 3; ++epoch)
    CHECK(batches_of(loader) == std::vector<Indices>{{0}, {1}, {2}});
}

TEST_CASE("Order is kept when workers differ in speed, over many epochs") {
  struct Uneven : Dataset {
    Example get(std::int64_t i) const override {
      std::this_thread::sleep_for(std::chrono::microseconds(i % 3 * 200));
      return {tensor(i), {}};
    }
    std::int64_t size() const override { return 50; }
  };
  DataLoader loader(Uneven(), {.batch_size = 3, .num_workers = 4});
  for (int epoch = 0; epoch < 10; ++epoch) {
    Indices seen;
    for (const Indices& batch : batches_of(loader))
      seen.insert(seen.end(), batch.begin(), batch.end());
    Indices expected(50);
    std::iota(expected.begin(), expected.end(), 0);
    CHECK(seen == expected);
  }
}

TEST_CASE("Workers are ahead, but no further than they may") {
  const Watched dataset(100);
  DataLoader loader(dataset, {.num_workers = 2, .prefetch_factor = 3});
  auto it = loader.begin();  // one is handed out
  for (int i = 0; i < 200 && *dataset.fetched < 7; ++i) std::this_thread::sleep_for(5ms);
  std::this_thread::sleep_for(20ms);
  CHECK(*dataset.fetched == 1 + 2 * 3);
  ++it;
  for (int i = 0; i < 200 && *dataset.fetched < 8; ++i) std::this_thread::sleep_for(5ms);
  std::this_thread::sleep_for(20ms);
  CHECK(*dataset.fetched == 2 + 2 * 3);
}

TEST_CASE("The trainer need not wait for workers who are ahead") {
  /// Examples from `open` on wait at a gate.
  struct Gated : Dataset {
    struct Gate {
      std::mutex mutex;
      std::condition_variable changed;
      std::int64_t open = 7, served = 0;
    };
    std::shared_ptr<Gate> gate = std::make_shared<Gate>();
    Example get(std::int64_t i) const override {
      std::unique_lock lock(gate->mutex);
      check(gate->changed.wait_for(lock, 1min, [&] { return i < gate->open; }),
            "nobody has opened the gate for example ", i);
      ++gate->served;
      gate->changed.notify_all();
      return {tensor(i), {}};
    }
    std::int64_t size() const override { return 40; }
  };
  const Gated dataset;
  Gated::Gate& gate = *dataset.gate;
  DataLoader loader(dataset, {.num_workers = 2, .prefetch_factor = 3});
  auto batch = loader.begin();
  {  // While the trainer is busy with the first, all others are made that there is room for.
    std::unique_lock lock(gate.mutex);
    REQUIRE(gate.changed.wait_for(lock, 1min, [&] { return gate.served == 7; }));
  }
  // They are handed out while both workers wait for what comes behind them.
  for (std::int64_t k = 0; k < 7; ++k) {
    if (k > 0) ++batch;
    CHECK(batch->data.item<std::int64_t>() == k);
  }
  {
    const std::scoped_lock lock(gate.mutex);
    CHECK(gate.served == 7);
    gate.open = 40;
    gate.changed.notify_all();
  }
  std::int64_t k = 7;
  for (++batch; batch != loader.end(); ++batch) CHECK(batch->data.item<std::int64_t>() == k++);
  CHECK(k == 40);
}

TEST_CASE("Whoever catches a dataset's exception goes on with the batch behind it") {
  for (const int workers : {0, 1, 2, 5}) {
    CAPTURE(workers);
    DataLoader loader(Watched(20, 13), {.batch_size = 2, .num_workers = workers});
    Indices seen;
    DataLoaderState behind;
    auto batch = loader.begin();
    while (batch != loader.end()) {
      CHECK(equal(batch->data, batch->target));
      for (const std::int64_t i : batch->data.to_vector<std::int64_t>()) seen.push_back(i);
      try {
        ++batch;
      } catch (const Error&) {
        CHECK(seen.back() == 11);
        behind = loader.state();
        ++batch;
      }
    }
    CHECK(seen == Indices{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18, 19});
    // So does a run that is resumed from there.
    loader.set_state(behind);
    CHECK(batches_of(loader) == std::vector<Indices>{{14, 15}, {16, 17}, {18, 19}});
  }
}

TEST_CASE("A worker's exception reaches the trainer at its batch") {
  for (const int workers : {1, 2, 5}) {
    const int threads = threads_running();
    DataLoader loader(Watched(20, 13), {.batch_size = 2, .num_workers = workers});
    int served = 0;
    const std::string text = message_of([&] {
      for ([[maybe_unused]] auto& batch : loader) ++served;
    });
    CHECK(served == 6);
    CHECK(text ==
          "DataLoader worker " + std::to_string(6 % workers) +
              ", in batch 6 (examples 12, 13): example 13: Watched: the picture of example 13 is "
              "broken");
    CHECK(threads_return_to(threads));
  }
}

TEST_CASE("An exception keeps its type, and its text names batch and example") {
  struct Broken : Error {
    int code;
    Broken(const std::string& text, int code) : Error(text), code(code) {}
  };
  struct Own : std::exception {  // what() is its own business
    const char* what() const noexcept override { return "own"; }
  };
  struct Stop {};
  /// Throws by calling the function, at example 13.
  struct Throwing : Dataset {
    std::function<void()> fail;
    explicit Throwing(std::function<void()> fail) : fail(std::move(fail)) {}
    Example get(std::int64_t i) const override {
      if (i == 13) fail();
      return {tensor({i}), {}};
    }
    std::int64_t size() const override { return 20; }
  };
  const auto walk = [](const Throwing& dataset, int workers) {
    DataLoader loader(dataset, {.batch_size = 10, .num_workers = workers});
    for ([[maybe_unused]] auto& batch : loader) {
    }
  };
  for (const int workers : {0, 1, 3}) {
    INFO(workers);
    const std::string place = (workers == 0   ? "DataLoader"
                               : workers == 1 ? "DataLoader worker 0"
                                              : "DataLoader worker 1") +
                              std::string(
                                  ", in batch 1 (examples 10, 11, 12, 13, 14, 15, 16, 17, "
                                  "…): example 13: ");
    const auto text_of = [&]<class Caught>(std::type_identity<Caught>, auto thrown) -> std::string {
      try {
        walk(Throwing([&] { throw thrown; }), workers);
      } catch (const Caught& caught) {
        if constexpr (std::is_same_v<Caught, Broken>) CHECK(caught.code == 42);
        return caught.what();
      }
      return "nothing";
    };
    CHECK(text_of(std::type_identity<Broken>(), Broken("bad", 42)) == place + "bad");
    CHECK(text_of(std::type_identity<std::out_of_range>(), std::out_of_range("far")) ==
          place + "far");
    CHECK(text_of(std::type_identity<std::runtime_error>(), std::runtime_error("r")) ==
          place + "r");
    CHECK(text_of(std::type_identity<std::system_error>(),
                  std::system_error(EIO, std::generic_category()))
              .starts_with(place));
    CHECK(text_of(std::type_identity<std::bad_alloc>(), std::bad_alloc()) ==
          place + "std::bad_alloc");
    CHECK(text_of(std::type_identity<Error>(), Own()) == place + "own");
    CHECK(text_of(std::type_identity<Error>(), fs::filesystem_error("f", std::error_code()))
              .starts_with(place + "filesystem error: f"));
    CHECK_THROWS_AS(walk(Throwing([] { throw Stop(); }), workers), Stop);
    CHECK_THROWS_AS(walk(Throwing([] { throw NotImplemented("5.1"); }), workers), NotImplemented);
  }
  try {  // what was nested is there
    walk(Throwing([] { throw Own(); }), 2);
  } catch (const std::exception& error) {
    CHECK_THROWS_AS(std::rethrow_if_nested(error), Own);
  }
}

TEST_CASE("A loop can be left at any time, and the next one starts anew") {
  const int threads = threads_running();
  DataLoader loader(numbers(40), {.num_workers = 3});
  for (int leave_after = 0; leave_after < 12; ++leave_after) {
    int served = 0;
    for ([[maybe_unused]] auto& batch : loader)
      if (served++ == leave_after) break;
    CHECK_THROWS_AS(
        [&] {
          for ([[maybe_unused]] auto& batch : loader) throw std::runtime_error("the trainer's");
        }(),
        std::runtime_error);
    { auto unused = loader.begin(); }
    auto moved = loader.begin();
    ++moved;
    auto target = std::move(moved);
    CHECK((*target).data.item<int>() == 1);
  }
  CHECK(batches_of(loader).size() == 40);
  CHECK(threads_return_to(threads));
}

TEST_CASE("A loader may go before its iterator, and two loops may be nested") {
  auto loader = std::make_unique<DataLoader>(numbers(6), DataLoaderOptions{.num_workers = 2});
  auto it = loader->begin();
  loader.reset();
  Indices seen;
  for (; it != std::default_sentinel; ++it) seen.push_back(it->data.item<std::int64_t>());
  CHECK(seen == Indices{0, 1, 2, 3, 4, 5});

  DataLoader both(numbers(3), {.num_workers = 2});
  int pairs = 0;
  for ([[maybe_unused]] auto& outer : both)
    for ([[maybe_unused]] auto& inner : both) ++pairs;
  CHECK(pairs == 9);
}

TEST_CASE("Workers' random numbers depend on the seed and the number of workers only") {
  const auto noise = [](int workers) {
    manual_seed(5);
    DataLoader loader(Noisy(30), {.batch_size = 4, .shuffle = true, .num_workers = workers});
    auto found = contents(loader);
    const auto second = contents(loader);
    CHECK(found != second);
    found.insert(found.end(), second.begin(), second.end());
    return found;
  };
  for (const int workers : {0, 1, 3}) CHECK(noise(workers) == noise(workers));
  CHECK(noise(1) != noise(3));
}

TEST_CASE("Worker w is seeded with base seed + w") {
  manual_seed(5);
  DataLoader loader(Noisy(2), {.num_workers = 2});
  std::vector<float> got = contents(loader);
  manual_seed(5);
  const std::uint64_t base = default_generator().random64() & INT64_MAX;
  for (std::uint64_t w : {0, 1}) {
    Generator worker(base + w);
    const auto expected = (rand({3}, float32, worker) + static_cast<double>(w)).to_vector<float>();
    CHECK(std::vector(got.begin() + 3 * w, got.begin() + 3 * w + 3) == expected);
  }
}

TEST_CASE("A worker computes on one processor, and the trainer on as many as before") {
  struct Threads : Dataset {
    Example get(std::int64_t) const override { return {tensor({get_num_threads()}), {}}; }
    std::int64_t size() const override { return 6; }
  };
  const int usual = get_num_threads();
  set_num_threads(2);
  DataLoader without(Threads(), {}), with(Threads(), {.num_workers = 2});
  for (auto& [threads, y] : without) CHECK(threads.item<int>() == get_num_threads());
  for (auto& [threads, y] : with) CHECK(threads.item<int>() == 1);
  set_num_threads(usual);
}

TEST_CASE("Batches are prepared without recording") {
  struct Learned : Dataset {
    Tensor weight = ones({2}).requires_grad_();
    Example get(std::int64_t) const override { return {weight * 2, {}}; }
    std::int64_t size() const override { return 4; }
  };
  for (const int workers : {0, 2}) {
    DataLoader loader(Learned(), {.num_workers = workers});
    for (auto& [x, y] : loader) CHECK(!x.requires_grad());
    CHECK(grad_enabled());
  }
}

TEST_CASE(
    "A loader goes on in the middle of an epoch, with the same examples and the same random "
    "numbers") {
  for (const bool own_generator : {false, true})
    for (const int workers : {0, 1, 2, 3})
      for (std::int64_t stop = 0; stop <= 8; ++stop) {
        Generator own(9);
        const DataLoaderOptions options{.batch_size = 4,
                                        .shuffle = true,
                                        .num_workers = workers,
                                        .generator = own_generator ? &own : nullptr};
        manual_seed(5);
        DataLoader loader(Noisy(30), options);
        contents(loader);
        CHECK(loader.state().epoch == 1);

        // Walk on, and remember how everything was when `stop` batches had been worked on.
        DataLoaderState state = loader.state();
        std::string global = default_generator().state(), owned = own.state();
        std::int64_t worked_on = 0;
        std::vector<float> rest;
        for (auto& [x, y] : loader) {
          if (worked_on >= stop)
            for (float v : x.to_vector<float>()) rest.push_back(v);
          if (++worked_on == stop) {
            state = loader.state();
            CHECK(state.epoch == 1);
            CHECK(loader.epoch() == 1);
            global = default_generator().state();
            owned = own.state();
          }
        }
        for (float v : contents(loader)) rest.push_back(v);

        // Another process, another time.
        manual_seed(77);
        DataLoader resumed(Noisy(30), options);
        resumed.set_state(state);
        default_generator().set_state(global);
        own.set_state(owned);
        CHECK(resumed.state() == state);
        CHECK(resumed.epoch() == 1);
        auto got = contents(resumed);
        CHECK(resumed.epoch() == 2);
        for (float v : contents(resumed)) got.push_back(v);
        CHECK(got == rest);
      }
}

TEST_CASE("Impossible states are refused and change nothing") {
  DataLoader loader(numbers(10), {.batch_size = 4, .shuffle = true});
  loader.begin();
  const DataLoaderState before = loader.state();
  CHECK(before.epoch == 1);  // left early, but left
  auto it = loader.begin();
  const DataLoaderState good = loader.state();
  CHECK(good.position->next_batch == 1);
  DataLoader other(numbers(10), {.batch_size = 4});
  const auto refuse = [&](auto change, const char* part) {
    DataLoaderState bad = good;
    change(bad);
    CHECK_FAILS(other.set_state(bad), part);
    CHECK(other.state() == DataLoaderState{});
  };
  refuse([](auto& s) { s.epoch = -1; }, "epoch of 0 or more, and at most 2^53, got -1");
  refuse([](auto& s) { s.epoch = INT64_MAX; }, "at most 2^53, got 9223372036854775807");
  refuse([](auto& s) { s.position.value().next_batch = 4; }, "one of 0 to 3, got 4");
  refuse([](auto& s) { s.position.value().next_batch = -1; }, "got -1");
  refuse([](auto& s) { s.position.value().order[3] = 10; }, "example 10 is out of range");
  refuse([](auto& s) { s.position.value().order.resize(4); },
         "4 examples, 1 batches of 4; expected 3 batches");
  refuse([](auto& s) { s.position.value().workers = {"nonsense"}; }, "state");
}

TEST_CASE("PrefetchQueue keeps order and makes both sides wait") {
  PrefetchQueue queue(2);
  std::atomic<int> produced = 0;
  std::thread worker([&] {
    for (int i = 0; i < 100 && queue.wait_for_room(); ++i) {
      ++produced;
      queue.push({.batch = {tensor(i), {}}, .error = nullptr, .generator = Generator()});
    }
  });
  for (int i = 0; i < 100; ++i) {
    const auto fetched = queue.pop();
    REQUIRE(fetched);
    CHECK(fetched->batch.data.item<int>() == i);
    CHECK(produced <= i + 3);
  }
  worker.join();
  CHECK_FAILS(PrefetchQueue(0), "at least one");
}

TEST_CASE("Closing a PrefetchQueue wakes whoever waits, now and later") {
  for (const bool worker_waits : {false, true}) {
    PrefetchQueue queue(1);
    if (worker_waits) queue.push({});
    std::thread waiting([&] {
      if (worker_waits)
        CHECK_FALSE(queue.wait_for_room());
      else
        CHECK_FALSE(queue.pop());
    });
    std::this_thread::sleep_for(5ms);
    queue.close();
    waiting.join();
    queue.push({});
    CHECK_FALSE(queue.pop());
    CHECK_FALSE(queue.wait_for_room());
  }
}
