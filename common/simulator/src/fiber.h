#pragma once
#include <boost/context/fiber.hpp>
#include <boost/context/preallocated.hpp>
#include <cstddef>

namespace cuda_simulator {

/// A stack of its own on which a function runs, and which can be left in the middle and taken up
/// again. It never ends, and is never unwound: what stands on it is forgotten when its memory goes.
class Fiber {
 public:
  using Function = void (*)(Fiber& self, void* argument);

  Fiber(void* stack, std::size_t bytes, Function, void* argument);
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  /// Goes on in the fiber, until it calls leave(). For whoever runs the fibers.
  void enter();
  /// Back to where enter() was called. For the fiber itself.
  void leave();
  /// Starts the function anew: whatever the fiber was in the middle of is forgotten.
  void restart();

  std::uintptr_t low() const { return reinterpret_cast<std::uintptr_t>(stack_); }
  std::uintptr_t high() const { return low() + bytes_; }

 private:
  // A suspended boost fiber throws through its stack when it is destroyed, so these two never are.
  union Suspended {
    boost::context::fiber fiber;
    Suspended() : fiber() {}
    ~Suspended() {}
  };

  void* stack_;
  std::size_t bytes_;
  Function function_;
  void* argument_;
  Suspended inside_, outside_;
  /// What AddressSanitizer and ThreadSanitizer are told about a change of stacks.
  struct Notes {
    void* inside_fake_stack = nullptr;
    void* outside_fake_stack = nullptr;
    const void* outside_stack = nullptr;
    std::size_t outside_bytes = 0;
    void* inside_thread = nullptr;
    void* outside_thread = nullptr;
  };
  [[maybe_unused]] Notes notes_;
};

}  // namespace cuda_simulator
