#pragma once
#include <cstdint>
#include <vector>

#include "cuda_simulator/simulator.h"

namespace cuda_simulator {

/// Counts the accesses of one block as a GPU's memory would see them: a warp at a time. What its
/// lanes do at one instruction is one request, though here they come to it one after the other; so
/// the k-th time of every lane at an instruction, between two barriers, is taken together.
class Counter {
 public:
  enum class Kind : std::uint8_t { global_read, global_write, shared_read, shared_write };

  void begin_block(bool counting);
  bool is_counting() const { return counting_; }
  void see(int thread, std::uintptr_t address, unsigned bytes, Kind, std::int32_t pc);
  void see_atomic() { ++counts_.global_atomics; }
  void see_meeting() { ++counts_.warp_meetings; }
  /// All threads are at the same point: requests before and after it are different ones.
  void settle();
  void end_block();

 private:
  struct Record {
    std::int32_t pc;
    std::uint16_t thread;
    Kind kind;
    std::uint8_t bytes;
    std::uintptr_t address;
  };

  bool counting_ = false;
  std::vector<Record> records_;
  std::vector<std::int64_t> by_thread_;  // accesses of global memory
  Counts counts_;
};

/// Whether launches are to count now.
bool is_counting();
void begin_counts();             ///< of a launch
void add_counts(const Counts&);  ///< of one block

}  // namespace cuda_simulator
