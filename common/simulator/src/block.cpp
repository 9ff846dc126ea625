#include "block.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <sstream>

#include "checker.h"
#include "kindling/kernel.h"
#include "limits.h"

namespace cuda_simulator {

static constexpr std::size_t stack_bytes = std::size_t(64) << 10;

static thread_local constinit BlockRunner* runner = nullptr;

// Never inlined: a fiber may be taken up by another thread of the operating system than the one
// that left it, and an address of thread-local memory that was computed before would be the
// other's.
[[gnu::noinline]] BlockRunner* running() noexcept { return runner; }
[[gnu::noinline]] static void set_running(BlockRunner* now) { runner = now; }

template <class Three>
static unsigned along(int axis, const Three& v) {
  return axis == 0 ? v.x : axis == 1 ? v.y : v.z;
}
unsigned thread_index(int axis) noexcept { return along(axis, running()->thread().index); }
unsigned block_index(int axis) noexcept { return along(axis, running()->block()); }
unsigned block_shape(int axis) noexcept { return along(axis, running()->launch().block); }
unsigned grid_shape(int axis) noexcept { return along(axis, running()->launch().grid); }
int lane() noexcept { return running()->thread().lane(); }
void* dynamic_shared_memory() noexcept { return running()->dynamic_memory(); }
unsigned lanes_left() noexcept { return running()->lanes_left(); }
void begin_kernel(bool checked) noexcept { running()->begin_kernel(checked); }
void end_kernel() noexcept { set_checking(nullptr); }
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
  passed_.clear();
  checked_ = false;
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

  std::ranges::fill(waiting_, 0u);
  for (int warp = 0; warp < most_threads / warp_lanes; ++warp) {
    const int lanes = std::clamp(count_ - warp * warp_lanes, 0, warp_lanes);
    gone_[std::size_t(warp)] = lanes == warp_lanes ? 0 : ~0u << lanes;
  }

  set_running(this);
  while (started_ < count_ && !fault_) idle_fiber().enter();
  while (!fault_ && ended_ < count_) {
    if (next_ready_.empty()) {
      fault_ = stuck();
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
  set_checking(nullptr);
  set_running(nullptr);
  if (checked_ && !fault_) checker_->end_block();

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
    set_checking(nullptr);  // what is read before the kernel begins is the launch's own
    try {
      launch_->body(launch_->arguments);
    } catch (...) {
      fault_ = Fault{{}, std::current_exception()};
      break;
    }
    set_checking(nullptr);
    thread.state = Thread::State::ended;
    ++ended_;
    gone_[std::size_t(thread.warp())] |= 1u << thread.lane();
    if (waiting_[std::size_t(thread.warp())]) lane_has_ended(thread.warp());
  }
  idle_.push_back(&fiber);
}

void BlockRunner::begin_kernel(bool checked) {
  if (!checked) return;
  if (!checked_) {
    if (!checker_) checker_ = std::make_unique<Checker>(*this);
    checker_->begin_block();
    checked_ = true;
  }
  take_up();
}

/// The current thread goes on in the kernel: its accesses are looked at again.
void BlockRunner::take_up() {
  if (!checked_) return;
  checker_->take_up(*current_, *current_->fiber);
  set_checking(checker_.get());
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
         (a.file_name() == b.file_name() || std::strcmp(a.file_name(), b.file_name()) == 0);
}

void BlockRunner::meet_block(const std::source_location& at) { meet_block_and_count(false, at); }

int BlockRunner::meet_block_and_count(bool yes, const std::source_location& at) {
  set_checking(nullptr);
  current_->vote = yes;
  if (++at_barrier_ < count_) {
    wait(Thread::State::at_barrier, at);
  } else {
    current_->waits_at = at;
    release_barrier();
  }
  take_up();
  return votes_;
}

void BlockRunner::release_barrier() {
  at_barrier_ = votes_ = 0;
  for (int i = 0; i < count_; ++i) {
    Thread& thread = threads_[std::size_t(i)];
    votes_ += thread.vote;
    if (&thread == current_) continue;
    if (!same_place(thread.waits_at, current_->waits_at)) {
      current_->state = Thread::State::at_barrier;
      fault_ = stuck();
      abandon();
    }
    thread.state = Thread::State::ready;
    next_ready_.push_back(i);
  }
  if (!has_passed(current_->waits_at)) passed_.push_back(current_->waits_at);
  if (checked_) checker_->block_met();
}

bool BlockRunner::has_passed(const std::source_location& barrier) const {
  return std::ranges::any_of(passed_, [&](const auto& at) { return same_place(at, barrier); });
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
  set_checking(nullptr);
  Thread& thread = *current_;
  thread.operation = operation;
  thread.mask = mask;
  thread.bits = bits;
  thread.source = source;
  thread.waits_at = at;
  thread.state = Thread::State::at_warp;
  waiting_[std::size_t(thread.warp())] |= 1u << thread.lane();
  if (!(mask >> thread.lane() & 1)) {
    report_unnamed();
    abandon();
  }
  if (!release_warp(mask, thread.warp())) wait(Thread::State::at_warp, at);
  thread.state = Thread::State::running;
  take_up();
  return thread.bits;
}

/// Lets the lanes in `mask` go on if all of them have come to the same meeting.
bool BlockRunner::release_warp(unsigned mask, int warp) {
  // CUDA asks the lanes in the mask that have not ended.
  if (mask & ~gone_[std::size_t(warp)] & ~waiting_[std::size_t(warp)]) return false;
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
  if (fault_) abandon();
  return true;
}

void BlockRunner::complete(int first, unsigned here) {
  if (checked_) checker_->lanes_met(first / warp_lanes, here);
  waiting_[std::size_t(first / warp_lanes)] &= ~here;
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
        if (!(here >> thread.source & 1) && thread.mask >> thread.source & 1)
          report_absent(thread, first + thread.source);
        // The value of a lane that the mask leaves out is anything on a GPU; here it is a NaN, or
        // -1.
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

// What goes wrong, in words.

static const char* word_for(WarpOperation operation) {
  switch (operation) {
    case WarpOperation::sync:
      return "__syncwarp()";
    case WarpOperation::shuffle:
      return "a shuffle";
    case WarpOperation::ballot:
      return "__ballot_sync()";
    case WarpOperation::all:
      return "__all_sync()";
    case WarpOperation::any:
      return "__any_sync()";
  }
  return "";
}

static std::string text_of(const std::source_location& at) {
  return std::string(at.file_name()) + ':' + std::to_string(at.line());
}

/// "(1, 0, 0)"
template <class Three>
static std::string text_of(const char* before, Three v) {
  std::ostringstream text;
  text << before << '(' << v.x << ", " << v.y << ", " << v.z << ')';
  return text.str();
}

static std::string hexadecimal(unsigned mask) {
  std::ostringstream text;
  text << "0x" << std::hex << mask;
  return text.str();
}

std::string BlockRunner::name(int thread) const {
  return text_of("thread ", threads_[std::size_t(thread)].index);
}

bool BlockRunner::is_stack(std::uintptr_t address) const {
  return address - reinterpret_cast<std::uintptr_t>(stacks_) < stack_bytes * most_threads;
}

/// `who` is nullptr if it is the matter of the whole block.
Fault BlockRunner::fault(const Thread* who, const std::string& what,
                         const std::string& details) const {
  std::ostringstream text;
  text << kindling::kernel_name(launch_->kernel) << ' ' << what << "\n  who        "
       << text_of("block ", block_);
  if (who) text << ", " << name(who->number);
  text << "; the grid is " << text_of("", launch_->grid) << " blocks of "
       << text_of("", launch_->block) << " threads, launched at " << text_of(launch_->at) << '\n'
       << details;
  std::string all = text.str();
  if (all.ends_with('\n')) all.pop_back();
  return {std::move(all), nullptr};
}

void BlockRunner::report(const std::string& what, const std::string& details) {
  if (!fault_) fault_ = fault(current_, what, details);
}

const Thread* BlockRunner::waiting_at_new_barrier() const {
  const auto end = threads_.begin() + count_;
  const auto found = std::find_if(threads_.begin(), end, [this](const Thread& thread) {
    return thread.state == Thread::State::at_barrier && !has_passed(thread.waits_at);
  });
  return found == end ? nullptr : &*found;
}

void BlockRunner::report_passed_barrier(const Thread& waiting, const std::string& here) {
  const auto waiting_count =
      std::count_if(threads_.begin(), threads_.begin() + count_,
                    [](const Thread& thread) { return thread.state == Thread::State::at_barrier; });
  std::ostringstream details;
  details
      << "  expected   that all threads of the block come to the same __syncthreads()\n"
      << "  got        " << waiting_count << (waiting_count == 1 ? " thread" : " threads")
      << ", the first " << name(waiting.number) << ", wait in it,\n             "
      << name(current_->number) << " has gone past it and is at " << here << '\n'
      << "  look at    the if or the loop around the barrier: it belongs where all threads pass, "
         "and the condition around the work alone\n";
  report("has a divergent barrier: __syncthreads() at " + text_of(waiting.waits_at) +
             " is not reached by all",
         details.str());
}

void BlockRunner::abandon() {
  current_->fiber->leave();
  std::abort();  // a fiber that was abandoned starts anew, and never comes back here
}

void BlockRunner::report_unnamed() {
  std::ostringstream details;
  details << "  expected   a mask that names the lane that calls, which is " << current_->lane()
          << "\n  got        the mask " << hexadecimal(current_->mask)
          << "\n  look at    the mask: bit i stands for lane i, and 0xffffffff for all of them\n";
  report(std::string("calls ") + word_for(current_->operation) +
             " with a mask that leaves the caller out, at " + text_of(current_->waits_at),
         details.str());
}

void BlockRunner::report_absent(const Thread& thread, int source) {
  std::ostringstream details;
  details << "  expected   that every lane whose value is taken calls the shuffle, too\n"
          << "  got        " << name(thread.number) << ", lane " << thread.lane()
          << " of its warp, takes the value of lane " << source % warp_lanes << ", which "
          << (source < count_ ? "did not call it and has left the kernel"
                              : "the block does not have")
          << "\n  look at    "
          << (source < count_
                  ? "the if around the shuffle, or the return before it: let all 32 lanes come "
                    "to it, those without\n             work with a value that changes nothing, "
                    "such as 0 in a sum\n"
                  : "the size of the block, which should be a multiple of 32\n");
  if (!fault_)
    fault_ = fault(&thread,
                   "takes a value from a lane that is not there, at " + text_of(thread.waits_at),
                   details.str());
}

/// Why no thread of the block can go on, though not all have ended.
Fault BlockRunner::stuck() const {
  // The threads, in groups of those that are at the same place.
  struct Group {
    std::string where;
    int count;
    int first;
  };
  std::vector<Group> groups;
  const Thread* at_warp = nullptr;
  const Thread* at_barrier = nullptr;
  for (int i = 0; i < count_; ++i) {
    const Thread& thread = threads_[std::size_t(i)];
    std::string where;
    switch (thread.state) {
      case Thread::State::ended:
        where = "have left the kernel";
        break;
      case Thread::State::at_barrier:
        where = "wait in __syncthreads() at " + text_of(thread.waits_at);
        if (!at_barrier) at_barrier = &thread;
        break;
      case Thread::State::at_warp:
        where = std::string("wait in ") + word_for(thread.operation) + " at " +
                text_of(thread.waits_at) + " for the lanes " + hexadecimal(thread.mask);
        if (!at_warp) at_warp = &thread;
        break;
      default:
        where = "are on their way";
        break;
    }
    const auto found = std::ranges::find(groups, where, &Group::where);
    if (found == groups.end())
      groups.push_back({where, 1, i});
    else
      ++found->count;
  }
  std::ostringstream details;
  const Thread& waiting = at_warp ? *at_warp : *at_barrier;
  if (at_warp)
    details
        << "  expected   that all lanes which the mask names come to the same place, with the same "
           "mask\n";
  else
    details << "  expected   that all threads of the block come to the same __syncthreads()\n";
  const char* label = "  got        ";
  for (const Group& group : groups) {
    details << label << group.count << (group.count == 1 ? " thread, " : " threads, the first ")
            << name(group.first) << ", " << group.where << '\n';
    label = "             ";
  }
  details << "  look at    the if, the loop or the return on the way: a barrier belongs where all "
             "threads pass, and the condition around the work alone\n";
  return fault(nullptr,
               std::string("has a divergent barrier: ") +
                   (at_warp ? word_for(waiting.operation) : "__syncthreads()") + " at " +
                   text_of(waiting.waits_at) + " is not reached by all",
               details.str());
}

}  // namespace cuda_simulator
