#include "block.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <sstream>

#include "kindling/check.h"
#include "limits.h"

namespace cuda_simulator {

static constexpr std::size_t stack_bytes = std::size_t(64) << 10;

static thread_local constinit BlockRunner* runner = nullptr;

// Never inlined: a fiber may be taken up by another thread of the operating system than the one
// that left it, and an address of thread-local memory that was computed before would be the
// other's.
[[gnu::noinline]] BlockRunner* running() noexcept { return runner; }
[[gnu::noinline]] static void set_running(BlockRunner* now) { runner = now; }

uint3 thread_index() noexcept { return running()->thread().index; }
uint3 block_index() noexcept { return running()->block(); }
dim3 block_shape() noexcept { return running()->launch().block; }
dim3 grid_shape() noexcept { return running()->launch().grid; }
void* dynamic_shared_memory() noexcept { return running()->dynamic_memory(); }
unsigned lanes_left() noexcept { return running()->lanes_left(); }
void meet_block(const std::source_location& at) { running()->meet_block(at); }
int meet_block_and_count(bool yes, const std::source_location& at) {
  return running()->meet_block_and_count(yes, at);
}
std::uint64_t meet_warp(WarpOperation operation, unsigned mask, std::uint64_t bits, int source,
                        const std::source_location& at) {
  return running()->meet_warp(operation, mask, bits, source, at);
}

void BlockRunner::Free::operator()(void* p) const { std::free(p); }

BlockRunner::BlockRunner()
    : threads_(most_threads),
      dynamic_(std::aligned_alloc(256, (limits::shared_bytes_at_most + 255) / 256 * 256)) {
  // One range for all: memory is used only for the stacks, and the parts of them, that kernels
  // need.
  stacks_ = mmap(nullptr, stack_bytes * most_threads, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  kindling::check(stacks_ != MAP_FAILED, "CUDA simulator: no memory for the stacks of ",
                  most_threads, " threads: ", std::strerror(errno));
}

BlockRunner::~BlockRunner() { munmap(stacks_, stack_bytes * most_threads); }

Fiber& BlockRunner::idle_fiber() {
  if (idle_.empty()) {
    void* const stack = static_cast<char*>(stacks_) + fibers_.size() * stack_bytes;
    idle_.push_back(&fibers_.emplace_back(stack, stack_bytes, &run_threads, this));
  }
  Fiber& fiber = *idle_.back();
  idle_.pop_back();
  return fiber;
}

std::optional<Fault> BlockRunner::run(const Launch& launch, uint3 block) {
  launch_ = &launch;
  block_ = block;
  const dim3 shape = launch.block;
  count_ = int(shape.x * shape.y * shape.z);
  started_ = ended_ = at_barrier_ = 0;
  fault_.reset();
  ready_.clear();
  next_ready_.clear();
  int number = 0;
  for (unsigned z = 0; z < shape.z; ++z)
    for (unsigned y = 0; y < shape.y; ++y)
      for (unsigned x = 0; x < shape.x; ++x, ++number) {
        Thread& thread = threads_[std::size_t(number)];
        thread.index = {x, y, z};
        thread.number = number;
        thread.state = Thread::State::not_started;
      }

  set_running(this);
  while (started_ < count_ && !fault_) idle_fiber().enter();
  while (!fault_ && ended_ < count_) {
    if (next_ready_.empty()) {
      fault_ = Fault{why_stuck(), nullptr};
      break;
    }
    ready_.swap(next_ready_);
    next_ready_.clear();
    for (const int ready : ready_) {
      current_ = &threads_[std::size_t(ready)];
      current_->state = Thread::State::running;
      current_->fiber->enter();
      if (fault_) break;
    }
  }
  set_running(nullptr);

  if (fault_) {  // the fibers that are left in the middle of something start anew next time
    idle_.clear();
    for (Fiber& fiber : fibers_) {
      fiber.restart();
      idle_.push_back(&fiber);
    }
  }
  return std::move(fault_);
}

void BlockRunner::run_threads(Fiber& fiber, void* self) {
  while (true) {
    static_cast<BlockRunner*>(self)->run_next_threads(fiber);
    fiber.leave();
  }
}

/// Runs one thread after the other on this fiber, for as long as none of them has to wait: then it
/// is that thread's fiber until it ends.
void BlockRunner::run_next_threads(Fiber& fiber) {
  while (started_ < count_ && !fault_) {
    Thread& thread = threads_[std::size_t(started_++)];
    current_ = &thread;
    thread.fiber = &fiber;
    thread.state = Thread::State::running;
    try {
      launch_->body(launch_->arguments);
    } catch (...) {
      fault_ = Fault{{}, std::current_exception()};
      break;
    }
    thread.state = Thread::State::ended;
    ++ended_;
    lane_has_ended(thread.warp());
  }
  idle_.push_back(&fiber);
}

void BlockRunner::stop(std::string text) {
  fault_ = Fault{std::move(text), nullptr};
  current_->fiber->leave();
  std::abort();  // a fiber that has stopped is never entered again
}

void BlockRunner::wait(Thread::State state, const std::source_location& at) {
  Thread& thread = *current_;
  thread.state = state;
  thread.waits_at = at;
  thread.fiber->leave();
}

// The barrier of the block.

static bool same_place(const std::source_location& a, const std::source_location& b) {
  return a.line() == b.line() && a.column() == b.column() &&
         std::strcmp(a.file_name(), b.file_name()) == 0;
}

void BlockRunner::meet_block(const std::source_location& at) { meet_block_and_count(false, at); }

int BlockRunner::meet_block_and_count(bool yes, const std::source_location& at) {
  current_->vote = yes;
  if (++at_barrier_ < count_) {
    wait(Thread::State::at_barrier, at);
  } else {
    current_->waits_at = at;
    release_barrier();
  }
  return votes_;
}

void BlockRunner::release_barrier() {
  at_barrier_ = votes_ = 0;
  for (int i = 0; i < count_; ++i) {
    Thread& thread = threads_[std::size_t(i)];
    votes_ += thread.vote;
    if (&thread == current_) continue;
    if (!same_place(thread.waits_at, current_->waits_at)) {
      at_barrier_ = count_;
      stop(why_stuck());
    }
    thread.state = Thread::State::ready;
    next_ready_.push_back(i);
  }
}

// Meetings of a warp.

unsigned BlockRunner::lanes_left() const {
  unsigned left = 0;
  const int first = current_->warp() * warp_lanes;
  for (int i = first; i < std::min(first + warp_lanes, count_); ++i)
    if (threads_[std::size_t(i)].state != Thread::State::ended) left |= 1u << (i - first);
  return left;
}

std::uint64_t BlockRunner::meet_warp(WarpOperation operation, unsigned mask, std::uint64_t bits,
                                     int source, const std::source_location& at) {
  Thread& thread = *current_;
  thread.operation = operation;
  thread.mask = mask;
  thread.bits = bits;
  thread.source = source;
  thread.waits_at = at;
  thread.state = Thread::State::at_warp;
  if (!release_warp(mask, thread.warp())) {
    wait(Thread::State::at_warp, at);
  }
  thread.state = Thread::State::running;
  return thread.bits;
}

/// Lets the lanes in `mask` go on if all of them have come to the same meeting.
bool BlockRunner::release_warp(unsigned mask, int warp) {
  const int first = warp * warp_lanes;
  const Thread* model = nullptr;
  unsigned here = 0;
  for (int lane = 0; lane < warp_lanes && first + lane < count_; ++lane) {
    if (!(mask >> lane & 1)) continue;
    const Thread& other = threads_[std::size_t(first + lane)];
    // CUDA asks the lanes in the mask that have not ended. A shuffle has nothing to take from
    // those.
    if (other.state == Thread::State::ended) continue;
    if (other.state != Thread::State::at_warp || other.mask != mask) return false;
    if (!model) model = &other;
    if (other.operation != model->operation) return false;
    if (other.operation != WarpOperation::sync && !same_place(other.waits_at, model->waits_at))
      return false;
    here |= 1u << lane;
  }
  if (!here) return false;
  complete(first, here);
  return true;
}

void BlockRunner::complete(int first, unsigned here) {
  std::uint64_t brought[warp_lanes] = {};
  unsigned yes = 0;
  for (unsigned rest = here; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    brought[lane] = threads_[std::size_t(first + lane)].bits;
    if (brought[lane]) yes |= 1u << lane;
  }
  for (unsigned rest = here; rest; rest &= rest - 1) {
    const int lane = std::countr_zero(rest);
    Thread& thread = threads_[std::size_t(first + lane)];
    switch (thread.operation) {
      case WarpOperation::sync:
        break;
      case WarpOperation::ballot:
        thread.bits = yes;
        break;
      case WarpOperation::all:
        thread.bits = yes == here;
        break;
      case WarpOperation::any:
        thread.bits = yes != 0;
        break;
      case WarpOperation::shuffle:
        // On a GPU the value of a lane that is not there is anything; here it is a NaN, or -1.
        thread.bits = here >> thread.source & 1 ? brought[thread.source] : ~std::uint64_t(0);
        break;
    }
    if (&thread == current_) continue;
    thread.state = Thread::State::ready;
    next_ready_.push_back(first + lane);
  }
}

void BlockRunner::lane_has_ended(int warp) {
  const int first = warp * warp_lanes;
  for (int i = first; i < std::min(first + warp_lanes, count_); ++i)
    if (threads_[std::size_t(i)].state == Thread::State::at_warp)
      release_warp(threads_[std::size_t(i)].mask, warp);
}

// What went wrong when nobody can go on.

std::string BlockRunner::why_stuck() const { return "divergent barrier"; }

}  // namespace cuda_simulator
