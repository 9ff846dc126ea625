#pragma once
#include <cstddef>

namespace kindling::testing {

/// Watches operator new: the largest single request of any thread since this was made. A reader
/// that believes a lying file shows here.
class LargestAllocation {
 public:
  LargestAllocation();
  std::size_t bytes() const;
};

}  // namespace kindling::testing
