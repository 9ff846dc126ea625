#pragma once
#include <array>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include "cuda_simulator/device_words.h"
#include "cuda_simulator/simulator.h"
#include "fiber.h"

namespace cuda_simulator {

constexpr int warp_lanes = 32;
constexpr int most_threads = 1024;  ///< in a block

/// One CUDA thread of the block that is running.
struct Thread {
  enum class State : std::uint8_t { not_started, ready, running, at_barrier, at_warp, ended };

  uint3 index{};
  int number = 0;  ///< within its block, x fastest
  State state = State::not_started;
  Fiber* fiber = nullptr;
  std::source_location waits_at;  ///< the barrier, shuffle or vote that it waits at

  // What it brought to a meeting of its warp, and what it takes away.
  WarpOperation operation{};
  unsigned mask = 0;
  std::uint64_t bits = 0;
  int source = 0;

  bool vote = false;  ///< at a barrier of the block that counts

  int warp() const { return number / warp_lanes; }
  int lane() const { return number % warp_lanes; }
};

class Checker;

/// What a kernel did wrong: the text says what, where and by whom.
struct Fault {
  std::string text;
  std::exception_ptr thrown;  ///< by the kernel itself, instead of a text
};

/// Runs blocks one after the other on the calling thread of the operating system: every CUDA thread
/// a fiber, left only where it has to wait for others.
class BlockRunner {
 public:
  BlockRunner();
  ~BlockRunner();
  BlockRunner(const BlockRunner&) = delete;
  BlockRunner& operator=(const BlockRunner&) = delete;

  /// Runs one block of the launch. Returns what went wrong, if something did.
  std::optional<Fault> run(const Launch&, uint3 block);

  // What follows is called on fibers.

  void meet_block(const std::source_location&);
  int meet_block_and_count(bool yes, const std::source_location&);
  std::uint64_t meet_warp(WarpOperation, unsigned mask, std::uint64_t bits, int source,
                          const std::source_location&);
  /// Keeps what the thread that runs does wrong: the first fault is the block's. The text begins
  /// with the kernel's name and `what`: "reads …", then says who it was, and then `details`, line
  /// by line.
  void report(const std::string& what, const std::string& details);
  /// A thread that waits at a barrier which the block has not passed yet, if there is one.
  const Thread* waiting_at_new_barrier() const;
  /// The running thread is at `here`, behind a barrier at which `waiting` still waits for it.
  void report_passed_barrier(const Thread& waiting, const std::string& here);
  bool has_fault() const { return fault_.has_value(); }
  /// Ends the block, which has a fault: the calling fiber is left for good. Its stack is not
  /// unwound, so nothing may stand on it that owns memory.
  [[noreturn]] void abandon();
  /// The thread that runs is in the kernel now.
  void begin_kernel(bool checked);

  const Launch& launch() const { return *launch_; }
  const Thread& thread() const { return *current_; }
  const uint3& block() const { return block_; }
  void* dynamic_memory() const { return dynamic_.get(); }
  unsigned lanes_left() const;
  std::string name(int thread) const;           ///< "thread (3, 0, 0)"
  bool is_stack(std::uintptr_t address) const;  ///< of any of the threads

 private:
  static void run_threads(Fiber&, void* self);
  void run_next_threads(Fiber&);
  Fiber& idle_fiber();
  void wait(Thread::State, const std::source_location&);
  void take_up();
  void report_unnamed();
  void report_absent(const Thread&, int source);
  Fault fault(const Thread* who, const std::string& what, const std::string& details) const;
  void release_barrier();
  bool has_passed(const std::source_location& barrier) const;
  bool release_warp(unsigned mask, int warp);
  void complete(int first, unsigned here);
  void lane_has_ended(int warp);
  Fault stuck() const;

  const Launch* launch_ = nullptr;
  uint3 block_{};
  int count_ = 0;                             ///< threads of a block
  int started_ = 0;                           ///< of these, those that have begun
  int ended_ = 0;                             ///< and those that have ended
  int at_barrier_ = 0;                        ///< and those that wait for the block
  int votes_ = 0;                             ///< of the last barrier that counted
  std::vector<std::source_location> passed_;  ///< the barriers that all have come to
  Thread* current_ = nullptr;
  std::unique_ptr<Checker> checker_;
  bool checked_ = false;  ///< whether this launch's kernel is
  std::vector<Thread> threads_;
  // Of each warp, a bit for each lane: waits for others of the warp; has ended, or is none of the
  // block's.
  std::array<unsigned, most_threads / warp_lanes> waiting_{}, gone_{};
  std::vector<int> ready_, next_ready_;

  void* stacks_ = nullptr;  ///< all fibers' stacks, one after the other
  std::deque<Fiber> fibers_;
  std::vector<Fiber*> idle_;
  std::optional<Fault> fault_;
  struct Free {
    void operator()(void* p) const;
  };
  std::unique_ptr<void, Free> dynamic_;
};

/// The runner whose fiber the calling thread of the operating system is in; nullptr in host code.
BlockRunner* running() noexcept;

}  // namespace cuda_simulator
