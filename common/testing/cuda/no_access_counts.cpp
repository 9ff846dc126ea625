#include <doctest/doctest.h>

#include "testing/cuda/access_counts.h"

namespace kindling::testing {

std::optional<AccessCounts> count_accesses(const std::function<void()>& run) {
  run();
  MESSAGE(
      "skipped: only the simulator counts accesses to memory, and not in a build with sanitizers");
  return {};
}

}  // namespace kindling::testing
