#include "testing/allocations.h"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#ifdef __APPLE__
#include <malloc/malloc.h>
#else
#include <malloc.h>
#endif

// A program that uses this file gets these in place of the standard library's.

static std::atomic<std::size_t> largest = 0;
static std::atomic<std::int64_t> held = 0;
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

static std::int64_t bytes_of(void* memory) {
#ifdef __APPLE__
  return static_cast<std::int64_t>(malloc_size(memory));
#else
  return static_cast<std::int64_t>(malloc_usable_size(memory));
#endif
}
static void* give(void* memory) {
  if (memory) held.fetch_add(bytes_of(memory), std::memory_order_relaxed);
  return memory;
}
static void take_back(void* memory) {
  if (memory) held.fetch_sub(bytes_of(memory), std::memory_order_relaxed);
  std::free(memory);
}

void* operator new(std::size_t size) {
  note(size);
  if (is_to_fail()) throw std::bad_alloc();
  if (void* memory = give(std::malloc(size ? size : 1))) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  note(size);
  if (is_to_fail()) throw std::bad_alloc();
  void* memory = nullptr;
  if (posix_memalign(&memory, static_cast<std::size_t>(alignment), size ? size : 1) == 0)
    return give(memory);
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  note(size);
  if (is_to_fail()) return nullptr;
  return give(std::malloc(size ? size : 1));
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return operator new(size, std::nothrow);
}
void* operator new[](std::size_t size) { return operator new(size); }
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return operator new(size, alignment);
}
void operator delete(void* memory) noexcept { take_back(memory); }
void operator delete(void* memory, std::size_t) noexcept { take_back(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { take_back(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { take_back(memory); }
void operator delete[](void* memory) noexcept { take_back(memory); }
void operator delete[](void* memory, std::size_t) noexcept { take_back(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { take_back(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { take_back(memory); }

namespace kindling::testing {

LargestAllocation::LargestAllocation() { largest = 0; }
std::size_t LargestAllocation::bytes() const { return largest; }

HeldMemory::HeldMemory() : before_(held) {}
std::int64_t HeldMemory::bytes() const { return held - before_; }

CountedAllocations::CountedAllocations() : before_(requests) {}
int CountedAllocations::count() const { return requests - before_; }

FailingAllocation::FailingAllocation(int successes) {
  has_failed = false;
  successes_left = successes;
}
FailingAllocation::~FailingAllocation() { successes_left = -1; }
bool FailingAllocation::has_happened() const { return has_failed; }

}  // namespace kindling::testing
