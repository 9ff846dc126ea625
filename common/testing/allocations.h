#pragma once
#include <cstddef>
#include <cstdint>

namespace kindling::testing {

/// Watches operator new: the largest single request of any thread since this was made. A reader
/// that believes a lying file shows here.
class LargestAllocation {
 public:
  LargestAllocation();
  std::size_t bytes() const;
};

/// Watches operator new and delete: what all threads have taken since this was made, and not given
/// back. A buffer that somebody keeps, or never frees, shows here.
class HeldMemory {
 public:
  HeldMemory();
  std::int64_t bytes() const;

 private:
  std::int64_t before_;
};

/// Counts operator new: how often this thread has called it since this was made.
class CountedAllocations {
 public:
  CountedAllocations();
  int count() const;

 private:
  int before_;
};

/// While it lives, one request of this thread fails: the one before which there were `successes`
/// others. To be counted up from 0 until has_happened() says no: then every place where memory is
/// taken has had its turn.
class FailingAllocation {
 public:
  explicit FailingAllocation(int successes);
  ~FailingAllocation();
  FailingAllocation(const FailingAllocation&) = delete;
  bool has_happened() const;
};

}  // namespace kindling::testing
