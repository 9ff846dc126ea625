#pragma once
#include <cstdint>
#include <functional>
#include <optional>

namespace kindling::testing {

/// What the threads of one launch did to memory. A request is what the 32 lanes of a warp do at one
/// instruction; global memory answers it in sectors of 32 bytes. A request for shared memory has a
/// conflict for each word that has to wait for another one of the same bank.
struct AccessCounts {
  std::int64_t launches;       ///< how many there were: the others are of the last one
  std::int64_t reads, writes;  ///< of global memory, by threads; the others as well
  std::int64_t bytes_read, bytes_written;
  std::int64_t read_requests, write_requests;
  std::int64_t read_sectors, write_sectors;
  std::int64_t shared_reads, shared_writes;
  std::int64_t bank_conflicts;
  std::int64_t warp_meetings;     ///< shuffles, votes and __syncwarp(), by warps
  std::int64_t most_by_a_thread;  ///< reads and writes of global memory by the busiest thread
};

/// What the last launch in `run` did to memory. Where nobody can count, as on a GPU, that is said
/// aloud, and nothing is returned.
std::optional<AccessCounts> count_accesses(const std::function<void()>& run);

}  // namespace kindling::testing
