#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>

#include "kindling/threads.h"

namespace kindling {

/// Fewer elements are not worth waking a thread for: PyTorch's number (at::internal::GRAIN_SIZE).
constexpr std::int64_t parallel_grain = 32768;

/// Calls work(begin, end) for `pieces` pieces of [0, n), on as many threads.
void run_in_pieces(std::int64_t pieces, std::int64_t n,
                   const std::function<void(std::int64_t begin, std::int64_t end)>& work);

/// Cuts [0, n) into one piece for each thread, none shorter than `grain`, and calls
/// work(begin, end) on all of them at once. What one of them throws, such as an exercise that is
/// still to be written, comes out here when all are done.
template <class Work>
void parallel_for(std::int64_t n, std::int64_t grain, const Work& work) {
  const std::int64_t pieces =
      std::min<std::int64_t>(get_num_threads(), n / std::max<std::int64_t>(grain, 1));
  if (pieces <= 1) return work(std::int64_t{0}, n);
  run_in_pieces(pieces, n, std::cref(work));
}

}  // namespace kindling
