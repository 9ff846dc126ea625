/// Two threads prepare six batches, and batch 0 is slow: first come, first served; and as the
/// loader deals them out. Then an error on its way from a worker to the trainer.
#include <fmt/ranges.h>

#include <atomic>
#include <iostream>
#include <latch>
#include <mutex>
#include <thread>

#include "kindling/data.h"
#include "kindling/ops.h"

using namespace kindling;

/// The wrong way. Whoever is free takes the next batch, and puts it behind what is there.
static std::vector<int> first_come_first_served() {
  std::vector<int> arrived;
  std::mutex mutex;  // guards `arrived`
  std::atomic<int> next = 0;
  std::latch others(5);  // batch 0 comes from a slow disk: it is ready when the others are
  const auto work = [&] {
    for (int k = next++; k < 6; k = next++) {
      if (k == 0) others.wait();
      {
        const std::lock_guard lock(mutex);
        arrived.push_back(k);
      }
      if (k != 0) others.count_down();
    }
  };
  std::thread one(work), two(work);
  one.join();
  two.join();
  return arrived;
}

/// Example i is i, with the seed of whoever read it. Reading 0 takes until 1 has been read.
struct SlowStart : data::Dataset {
  mutable std::latch read_one{1};

  data::Example get(std::int64_t i) const override {
    if (i == 0) read_one.wait();
    if (i == 1) read_one.count_down();
    return {tensor(i), tensor(static_cast<std::int64_t>(default_generator().initial_seed()))};
  }
  std::int64_t size() const override { return 6; }
};

static void as_the_loader_deals() {
  data::DataLoader loader(std::make_shared<SlowStart>(), {.num_workers = 2});
  for (auto& [k, seed] : loader) {
    const auto state = loader.state();
    const std::int64_t base = state.position ? state.position->base_seed : 0;
    fmt::print("  batch {}  from worker {}\n", k.item<std::int64_t>(),
               seed.item<std::int64_t>() - base);
  }
}

/// A folder of pictures in which number 4 is missing.
struct Pictures : data::Dataset {
  data::Example get(std::int64_t i) const override {
    if (i == 4) throw std::runtime_error("there is no file 4.png");
    return {tensor(i), Tensor()};
  }
  std::int64_t size() const override { return 8; }
};

static void lose_a_picture() {
  data::DataLoader loader(Pictures(), {.batch_size = 2, .num_workers = 2});
  auto batch = loader.begin();
  while (batch != loader.end()) {
    std::cout << "  got " << batch->data << "\n";
    try {
      ++batch;
    } catch (const std::runtime_error& error) {
      std::cout << "  " << error.what() << "\n";
      ++batch;  // the one behind it
    }
  }
}

int main() {
  manual_seed(123);
  fmt::print("first come, first served: {}\n", fmt::join(first_come_first_served(), " "));
  fmt::print("dealt out:\n");
  as_the_loader_deals();
  fmt::print("a missing picture:\n");
  lose_a_picture();
}
