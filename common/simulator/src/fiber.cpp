#include "fiber.h"

#include <memory>
#include <utility>

// The sanitizers have to be told that the stack changes, or take one fiber's frames for another's.
#ifdef KINDLING_FIBERS_UNDER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef KINDLING_FIBERS_UNDER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace cuda_simulator {

namespace {
/// The stack is somebody else's, who also gives it back.
struct BorrowedStack {
  boost::context::stack_context allocate() { return {}; }
  void deallocate(boost::context::stack_context&) {}
};
}  // namespace

Fiber::Fiber(void* stack, std::size_t bytes, Function function, void* argument)
    : stack_(stack), bytes_(bytes), function_(function), argument_(argument) {
  restart();
}

void Fiber::restart() {
  boost::context::stack_context context;
  context.sp = static_cast<char*>(stack_) + bytes_;
  context.size = bytes_;
#ifdef KINDLING_FIBERS_UNDER_ASAN
  __asan_unpoison_memory_region(stack_, bytes_);  // of what was left in the middle
  notes_.inside_fake_stack = nullptr;
#endif
#ifdef KINDLING_FIBERS_UNDER_TSAN
  if (notes_.inside_thread) __tsan_destroy_fiber(notes_.inside_thread);
  notes_.inside_thread = __tsan_create_fiber(0);
#endif
  // Over the old one, which must not be destroyed: see Suspended.
  new (&inside_.fiber) boost::context::fiber(
      std::allocator_arg, boost::context::preallocated(context.sp, context.size, context),
      BorrowedStack(), [this](boost::context::fiber&& outside) {
        new (&outside_.fiber) boost::context::fiber(std::move(outside));
#ifdef KINDLING_FIBERS_UNDER_ASAN
        __sanitizer_finish_switch_fiber(nullptr, &notes_.outside_stack, &notes_.outside_bytes);
#endif
        function_(*this, argument_);
        return std::move(outside_.fiber);
      });
}

void Fiber::enter() {
#ifdef KINDLING_FIBERS_UNDER_ASAN
  __sanitizer_start_switch_fiber(&notes_.outside_fake_stack, stack_, bytes_);
#endif
#ifdef KINDLING_FIBERS_UNDER_TSAN
  notes_.outside_thread = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(notes_.inside_thread, 0);
#endif
  boost::context::fiber left = std::move(inside_.fiber).resume();
  new (&inside_.fiber) boost::context::fiber(std::move(left));
#ifdef KINDLING_FIBERS_UNDER_ASAN
  __sanitizer_finish_switch_fiber(notes_.outside_fake_stack, nullptr, nullptr);
#endif
}

void Fiber::leave() {
#ifdef KINDLING_FIBERS_UNDER_ASAN
  __sanitizer_start_switch_fiber(&notes_.inside_fake_stack, notes_.outside_stack,
                                 notes_.outside_bytes);
#endif
#ifdef KINDLING_FIBERS_UNDER_TSAN
  __tsan_switch_to_fiber(notes_.outside_thread, 0);
#endif
  boost::context::fiber entered = std::move(outside_.fiber).resume();
  new (&outside_.fiber) boost::context::fiber(std::move(entered));
#ifdef KINDLING_FIBERS_UNDER_ASAN
  __sanitizer_finish_switch_fiber(notes_.inside_fake_stack, &notes_.outside_stack,
                                  &notes_.outside_bytes);
#endif
}

}  // namespace cuda_simulator
