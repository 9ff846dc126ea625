#include "testing/allocations.h"

#include <atomic>
#include <cstdlib>
#include <new>

// A program that uses this file gets these in place of the standard library's.

static std::atomic<std::size_t> largest = 0;
static thread_local int requests = 0;
static thread_local int successes_left = -1;  // until one request fails; none does, if negative
static thread_local bool has_failed = false;

static bool is_to_fail() {
  if (successes_left < 0) return false;
  has_failed |= successes_left == 0;
  return successes_left-- == 0;
}

static void note(std::size_t size) {
  ++requests;
  std::size_t seen = largest.load(std::memory_order_relaxed);
  while (seen < size && !largest.compare_exchange_weak(seen, size, std::memory_order_relaxed)) {
  }
}

void* operator new(std::size_t size) {
  note(size);
  if (is_to_fail()) throw std::bad_alloc();
  if (void* memory = std::malloc(size ? size : 1)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  note(size);
  if (is_to_fail()) throw std::bad_alloc();
  void* memory = nullptr;
  if (posix_memalign(&memory, static_cast<std::size_t>(alignment), size ? size : 1) == 0)
    return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  note(size);
  if (is_to_fail()) return nullptr;
  return std::malloc(size ? size : 1);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return operator new(size, std::nothrow);
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return operator new(size, alignment);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace kindling::testing {

LargestAllocation::LargestAllocation() { largest = 0; }
std::size_t LargestAllocation::bytes() const { return largest; }

CountedAllocations::CountedAllocations() : before_(requests) {}
int CountedAllocations::count() const { return requests - before_; }

FailingAllocation::FailingAllocation(int successes) {
  has_failed = false;
  successes_left = successes;
}
FailingAllocation::~FailingAllocation() { successes_left = -1; }
bool FailingAllocation::has_happened() const { return has_failed; }

}  // namespace kindling::testing
