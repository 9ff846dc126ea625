#include "testing/cuda/access_counts.h"

#include "cuda_simulator/simulator.h"

namespace kindling::testing {

std::optional<AccessCounts> count_accesses(const std::function<void()>& run) {
  const cuda_simulator::CountAccesses counting;
  run();
  const cuda_simulator::Counts counts = cuda_simulator::last_launch();
  return AccessCounts{.launches = counts.launches,
                      .reads = counts.global_reads,
                      .writes = counts.global_writes,
                      .bytes_read = counts.global_bytes_read,
                      .bytes_written = counts.global_bytes_written,
                      .read_requests = counts.global_read_requests,
                      .write_requests = counts.global_write_requests,
                      .read_sectors = counts.global_read_sectors,
                      .write_sectors = counts.global_write_sectors,
                      .shared_reads = counts.shared_reads,
                      .shared_writes = counts.shared_writes,
                      .bank_conflicts = counts.bank_conflicts,
                      .warp_meetings = counts.warp_meetings,
                      .most_by_a_thread = counts.most_by_a_thread};
}

}  // namespace kindling::testing
