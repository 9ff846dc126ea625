#include <doctest/doctest.h>

#include "testing/cuda/access_counts.h"

namespace kindling::testing {

std::optional<AccessCounts> count_accesses(const std::function<void()>& run) {
  run();
  MESSAGE(
      "skipped: accesses to memory are counted by the simulator only, in a build with "
      "-DKINDLING_CUDA=simulated and without sanitizers");
  return {};
}

}  // namespace kindling::testing
