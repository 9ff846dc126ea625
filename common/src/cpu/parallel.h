#pragma once
#include <algorithm>
#include <cstdint>

#include "kindling/threads.h"

namespace kindling {

/// Fewer elements are not worth waking a thread for: PyTorch's number (at::internal::GRAIN_SIZE).
constexpr std::int64_t parallel_grain = 32768;

/// Cuts [0, n) into one piece for each thread, none shorter than `grain`, and calls
/// work(begin, end) on all of them at once. `work` must not throw.
template <class Work>
void parallel_for(std::int64_t n, std::int64_t grain, const Work& work) {
  const std::int64_t pieces =
      std::min<std::int64_t>(get_num_threads(), n / std::max<std::int64_t>(grain, 1));
  if (pieces <= 1) {
    work(std::int64_t{0}, n);
    return;
  }
#pragma omp parallel for num_threads(pieces) schedule(static, 1)
  for (std::int64_t piece = 0; piece < pieces; ++piece)
    work(n * piece / pieces, n * (piece + 1) / pieces);
}

}  // namespace kindling
