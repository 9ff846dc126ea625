#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "arena.h"
#include "block.h"
#include "counter.h"
#include "program.h"

namespace cuda_simulator {

/// What a thread does to memory. `atomic` reads and writes.
enum class Use : std::uint8_t { read, write, atomic };

/// Looks at every access of the threads of one block: is the address theirs, and, in shared memory,
/// was it written before it is read, and does a barrier stand between what two threads do?
///
/// Two accesses of different threads to one place, of which one writes, race unless something
/// orders them: a barrier of the block, or of their warp. For the block one number is enough, the
/// `epoch`, which each barrier raises. For lanes of a warp, each thread counts its own meetings
/// (its clock), and remembers of each other lane the last count that it has heard of at a meeting
/// of both, as in vector clocks (Mattern, 1989); FastTrack (Flanagan and Freund, 2009) is where the
/// idea comes from to keep of each place in memory only the last write and the last reads.
class Checker {
 public:
  explicit Checker(BlockRunner&);

  void begin_block();
  void end_block() { counter_.end_block(); }
  /// Every thread of the block has come to a barrier.
  void block_met();
  /// The lanes in `here` of this warp have met.
  void lanes_met(int warp, unsigned here);
  /// From here on accesses are those of this thread, on this fiber.
  void take_up(const Thread&, const Fiber&);

  void see(std::uintptr_t address, unsigned bytes, Use, const void* pc);
  /// Ends the block if something was wrong with what was seen.
  void abandon_if_faulty() {
    if (faulty_) runner_.abandon();
  }

 private:
  /// An access that is remembered. It is of the current interval if its epoch is.
  struct Mark {
    std::uint32_t epoch = 0;
    std::uint32_t clock = 0;
    std::int32_t pc = 0;  ///< counted from some place in the program
    std::uint16_t thread = 0;
    bool atomic = false;
  };
  /// What was done to four bytes of shared memory, or to one.
  struct Cell {
    Mark write, read, other_read;
  };

  void see_global(const Arena&, std::uintptr_t, unsigned bytes, Use, const void* pc);
  void see_elsewhere(std::uintptr_t, unsigned bytes, Use, const void* pc);
  void see_static(std::uintptr_t, unsigned bytes, Use, const void* pc);
  void see_shared(std::size_t offset, unsigned bytes, Use, const void* pc);
  void see_cell(Cell&, std::size_t offset, Use, const void* pc);
  Cell* split(std::size_t word);
  bool races(const Mark&) const;

  void outside(const Arena&, std::uintptr_t, unsigned bytes, Use, const void* pc);
  void race(const Mark& before, bool before_wrote, std::size_t offset, Use, const void* pc);
  void report(const std::string& what, const void* pc, const std::string& details);
  std::string shared_name(std::size_t offset) const;
  bool has_passed_a_barrier(const void* pc);
  Mark mark(const void* pc, bool atomic) const;

  BlockRunner& runner_;
  bool faulty_ = false;
  Counter counter_;
  const Thread* thread_ = nullptr;
  std::uintptr_t stack_ = 0, stack_bytes_ = 0;

  /// The allocations that were touched last, as most accesses touch the same few.
  struct Known {
    std::uintptr_t begin = 0, bytes = 0;
  };
  static constexpr unsigned known_count = 8;
  Known known_[known_count];
  unsigned next_known_ = 0;
  std::uint64_t known_version_ = 0;

  program::Range image_;  ///< of the thread of the operating system: static shared memory is in it
  program::Range dynamic_;            ///< shared memory
  std::vector<std::uint16_t> owner_;  ///< of each byte of the image: the variable + 1, or 0
  std::size_t dynamic_offset_ = 0;    ///< of the cells of dynamic memory

  std::uint32_t epoch_ = 1, first_epoch_ = 1;  ///< now, and at the beginning of the block
  bool lanes_have_met_ = true;                 ///< in this block, or never was anything set
  std::uint32_t clock_[most_threads] = {};
  std::uint32_t heard_[most_threads][warp_lanes] =
      {};  ///< by each thread, of the lanes of its warp

  struct Free {
    void operator()(void* p) const;
  };
  std::unique_ptr<Cell[], Free> words_, bytes_;
  std::unique_ptr<std::uint32_t[], Free>
      split_;  ///< the block (its first epoch) that split the word
};

/// The checker of the kernel that the calling thread is in; nullptr in host code, in the
/// simulator's own, and in kernels that were compiled without checks.
Checker* checking() noexcept;
void set_checking(Checker*) noexcept;

/// What the compiler's calls come to: the thread that runs does this to `bytes` bytes.
void see_access(const volatile void* address, std::size_t bytes, Use, const void* pc) noexcept;

}  // namespace cuda_simulator
