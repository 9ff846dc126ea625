#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

namespace cuda_simulator {

/// A range of addresses that was handed out, or was until it was freed.
struct Allocation {
  std::uintptr_t begin = 0, end = 0;
  bool freed = false;
};

/// Memory for cudaMalloc, or for pinned memory of the host: addresses reserved once, so that a look
/// at an address says what kind of memory it is. Between two allocations lies a gap that belongs to
/// nobody, and what was freed is handed out again only when nothing else is left: a kernel that
/// touches either is found.
class Arena {
 public:
  explicit Arena(std::size_t bytes);
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// nullptr if `bytes` are not left. Aligned to 512 bytes, as cudaMalloc's.
  void* allocate(std::size_t bytes);
  /// False if `pointer` was not handed out, or was freed already.
  bool free(void* pointer);

  bool contains(std::uintptr_t address) const { return address - begin_ < reserved_; }
  std::size_t total() const { return total_; }
  std::size_t in_use() const;

  /// The allocation that `address` is in, or else the nearest one below it, or else above it; a
  /// freed one if nobody has its addresses now. All 0 if nothing was ever handed out.
  Allocation nearest(std::uintptr_t address) const;
  /// Changes whenever an allocation is made or freed.
  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }

 private:
  std::uintptr_t place(std::size_t span);

  mutable std::mutex mutex_;
  std::uintptr_t begin_ = 0, fresh_ = 0;  ///< from fresh_ on nothing was ever handed out
  std::size_t total_ = 0, reserved_ = 0, in_use_ = 0;
  std::atomic<std::uint64_t> version_ = 0;
  std::map<std::uintptr_t, Allocation> blocks_;  ///< by where each begins
};

/// Device memory: KINDLING_SIMULATOR_MEMORY bytes (with K, M or G behind it, if that is wanted).
Arena& device_arena();
/// Pinned memory of the host.
Arena& pinned_arena();

}  // namespace cuda_simulator
