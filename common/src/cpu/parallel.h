#pragma once
#include <algorithm>
#include <cstdint>
#include <functional>

#include "kindling/threads.h"

namespace kindling {

/// Fewer elements are not worth waking a thread for: PyTorch's number (at::internal::GRAIN_SIZE).
constexpr std::int64_t parallel_grain = 32768;

/// Into so many pieces a range is cut at most: enough for every thread to get its share, whichever
/// of them the machine keeps from running.
constexpr std::int64_t most_pieces = 64;

/// Calls work(chunk) once for each chunk in [0, chunks), on as many as `threads` threads, one of
/// which is the caller's. It begins at once, takes chunk after chunk, and never waits for a thread
/// that has not begun: one that a busy machine does not run costs nothing. A call from inside of a
/// chunk stays on its thread. What work throws comes out when all chunks are done, of several the
/// one of the lowest chunk. (thread_pool.cpp)
void run_chunks(std::int64_t chunks, int threads, const std::function<void(std::int64_t)>& work);

/// Cuts [0, n) into pieces, none shorter than `grain`, and calls work(begin, end) for each, on
/// get_num_threads() threads. Where the cuts are depends on n and grain alone: results are the same
/// to the last bit, whatever the number of threads. What one of them throws, such as an exercise
/// that is still to be written, comes out here when all are done.
template <class Work>
void parallel_for(std::int64_t n, std::int64_t grain, const Work& work) {
  const std::int64_t pieces = std::min(most_pieces, n / std::max<std::int64_t>(grain, 1));
  if (pieces <= 1) return work(std::int64_t{0}, n);
  const auto do_piece = [&](std::int64_t piece) {
    work(n * piece / pieces, n * (piece + 1) / pieces);
  };
  run_chunks(pieces, get_num_threads(), std::cref(do_piece));  // a reference takes no memory
}

}  // namespace kindling
