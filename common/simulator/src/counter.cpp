#include "counter.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

namespace cuda_simulator {

static constexpr int lanes = 32, sector_bytes = 32, bank_bytes = 4, banks = 32;

static std::atomic<int> wanted = 0;
static std::mutex mutex;
static Counts last;

CountAccesses::CountAccesses() {
  ++wanted;
  const std::lock_guard lock(mutex);
  last.launches = 0;
}
CountAccesses::~CountAccesses() { --wanted; }
bool is_counting() { return wanted.load() > 0; }

Counts last_launch() {
  const std::lock_guard lock(mutex);
  return last;
}
void begin_counts() {
  const std::lock_guard lock(mutex);
  last = {.launches = last.launches + 1};
}
void add_counts(const Counts& block) {
  const std::lock_guard lock(mutex);
  last.global_reads += block.global_reads;
  last.global_writes += block.global_writes;
  last.global_atomics += block.global_atomics;
  last.global_bytes_read += block.global_bytes_read;
  last.global_bytes_written += block.global_bytes_written;
  last.global_read_requests += block.global_read_requests;
  last.global_write_requests += block.global_write_requests;
  last.global_read_sectors += block.global_read_sectors;
  last.global_write_sectors += block.global_write_sectors;
  last.shared_reads += block.shared_reads;
  last.shared_writes += block.shared_writes;
  last.shared_requests += block.shared_requests;
  last.bank_conflicts += block.bank_conflicts;
  last.warp_meetings += block.warp_meetings;
  last.most_by_a_thread = std::max(last.most_by_a_thread, block.most_by_a_thread);
}

void Counter::begin_block(bool counting) {
  counting_ = counting;
  counts_ = {};
  records_.clear();
  by_thread_.clear();
}

void Counter::see(int thread, std::uintptr_t address, unsigned bytes, Kind kind, std::int32_t pc) {
  records_.push_back({pc, std::uint16_t(thread), kind, std::uint8_t(bytes), address});
}

void Counter::settle() {
  if (!counting_ || records_.empty()) return;
  // A request, and then a sector that it needs or a word of a bank.
  struct Part {
    Kind kind;
    int warp;
    std::int32_t pc;
    std::int64_t time;
    std::uintptr_t unit;
    auto request() const { return std::tuple(kind, warp, pc, time); }
    auto operator<=>(const Part&) const = default;
  };
  std::vector<Part> parts;
  std::map<std::pair<int, std::int32_t>, std::int64_t> times;  // of a thread at an instruction
  for (const Record& record : records_) {
    const bool shared = record.kind == Kind::shared_read || record.kind == Kind::shared_write;
    switch (record.kind) {
      case Kind::global_read:
        ++counts_.global_reads;
        counts_.global_bytes_read += record.bytes;
        break;
      case Kind::global_write:
        ++counts_.global_writes;
        counts_.global_bytes_written += record.bytes;
        break;
      case Kind::shared_read:
        ++counts_.shared_reads;
        break;
      case Kind::shared_write:
        ++counts_.shared_writes;
        break;
    }
    if (!shared) {
      if (record.thread >= by_thread_.size()) by_thread_.resize(record.thread + 1);
      counts_.most_by_a_thread = std::max(counts_.most_by_a_thread, ++by_thread_[record.thread]);
    }
    std::int64_t time = times[{record.thread, record.pc}]++;
    // Shared memory gives 128 bytes at a time: 8 bytes a lane take two turns, 16 bytes four.
    const int turns = shared ? std::max(1, record.bytes / bank_bytes) : 1;
    time = time * turns + record.thread % lanes * turns / lanes;
    const int unit = shared ? bank_bytes : sector_bytes;
    for (auto u = record.address / unit; u <= (record.address + record.bytes - 1) / unit; ++u)
      parts.push_back({record.kind, record.thread / lanes, record.pc, time, u});
  }
  records_.clear();
  std::ranges::sort(parts);
  parts.erase(std::unique(parts.begin(), parts.end()), parts.end());

  for (auto first = parts.begin(); first != parts.end();) {
    const auto end = std::find_if(
        first, parts.end(), [&](const Part& part) { return part.request() != first->request(); });
    const std::int64_t units = end - first;
    switch (first->kind) {
      case Kind::global_read:
        ++counts_.global_read_requests;
        counts_.global_read_sectors += units;
        break;
      case Kind::global_write:
        ++counts_.global_write_requests;
        counts_.global_write_sectors += units;
        break;
      case Kind::shared_read:
      case Kind::shared_write: {
        // Different words of one bank are given one after the other; one word, to all who want it.
        std::int64_t words[banks] = {};
        for (auto part = first; part != end; ++part) ++words[part->unit % banks];
        ++counts_.shared_requests;
        counts_.bank_conflicts += *std::ranges::max_element(words) - 1;
        break;
      }
    }
    first = end;
  }
}

void Counter::end_block() {
  if (!counting_) return;
  settle();
  add_counts(counts_);
}

}  // namespace cuda_simulator
