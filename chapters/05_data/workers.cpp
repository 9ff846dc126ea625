/// What workers bring, measured. `05_data/workers` prints how long an epoch takes with 0, 1, 2 and
/// 4 of them; `05_data/workers timeline 2` who did what when, in milliseconds, with 2.
#include <fmt/format.h>

#include <chrono>
#include <mutex>
#include <string>
#include <thread>

#include "kindling/data.h"
#include "kindling/ops.h"

using namespace kindling;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

static double since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

static const Clock::time_point program_start = Clock::now();
static std::mutex printing;

/// Who did what from when to when: -1 is the trainer.
static void record(std::int64_t who, const char* what, double from) {
  const std::lock_guard lock(printing);
  fmt::print("{:>2} {:8} {:6.1f} {:6.1f}\n", who, what, from, since(program_start));
}

/// get() takes 5 ms: it waits, as for a disk or a network, or computes, as a decoder of pictures.
struct SlowExamples : data::Dataset {
  bool waits = true, records = false;

  data::Example get(std::int64_t i) const override {
    const auto start = Clock::now();
    if (waits) std::this_thread::sleep_for(milliseconds(5));
    while (since(start) < 5) continue;
    return {full({64}, static_cast<double>(i)), tensor(i)};
  }
  std::int64_t size() const override { return 48; }
  data::Example get_batch(std::span<const std::int64_t> indices) const override {
    const double from = since(program_start);
    data::Example batch = Dataset::get_batch(indices);
    if (records) record(indices.front() / 4, "prepare", from);
    return batch;
  }
};

/// The milliseconds of an epoch in which each batch is trained on for `train`.
static double epoch(const data::SharedDataset& dataset, std::int64_t batch_size, int workers,
                    milliseconds train, bool records = false) {
  data::DataLoader loader(dataset, {.batch_size = batch_size, .num_workers = workers});
  const auto start = Clock::now();
  for (auto batch = loader.begin(); batch != loader.end(); ++batch) {
    const double from = since(program_start);
    if (train.count() > 0) std::this_thread::sleep_for(train);
    if (records) record(-1, "train", from);
  }
  return since(start);
}

int main(int argc, char** argv) {
  SlowExamples waiting, computing;
  computing.waits = false;
  if (argc > 2 && std::string(argv[1]) == "timeline") {
    waiting.records = true;
    epoch(waiting, 4, std::stoi(argv[2]), milliseconds(10), true);
    return 0;
  }
  const data::TensorDataset digits = data::digits();
  fmt::print("workers   get() waits   get() computes   digits\n");
  for (const int workers : {0, 1, 2, 4})
    fmt::print("{:>7}   {:>8.0f} ms   {:>11.0f} ms   {:>3.1f} ms\n", workers,
               epoch(waiting, 4, workers, milliseconds(10)),
               epoch(computing, 4, workers, milliseconds(10)),
               epoch(digits, 64, workers, milliseconds(0)));
}
