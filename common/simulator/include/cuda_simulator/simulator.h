#pragma once
#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>

#include "cuda_simulator/runtime_api.h"
#include "cuda_simulator/vector_types.h"

/// What the simulator offers besides CUDA's own words.
namespace cuda_simulator {

/// A kernel that was called: what to run, and where the call stands.
struct Launch {
  const void* kernel = nullptr;  ///< the function, by which its name is found
  dim3 grid, block;
  std::size_t shared_bytes = 0;  ///< of dynamic shared memory, for each block
  cudaStream_t stream = nullptr;
  std::source_location at;
  void (*body)(const void* arguments) = nullptr;  ///< the kernel, for one thread of the grid
  const void* arguments = nullptr;
};

/// Runs every thread of the grid, and returns when the last one has ended. Returns
/// cudaErrorInvalidConfiguration or cudaErrorInvalidValue, which cudaGetLastError gives, too, if a
/// GPU would refuse the shape. Throws kindling::Error for what a kernel does wrong: of several
/// blocks that do, the first one's fault, so that it is the same in every run.
cudaError_t launch(const Launch&);

/// From here on the calling thread runs the kernel itself; what it touches before is the launch's
/// own. Called by `body`. Accesses are looked at if the kernel was compiled with checks.
void begin_kernel(bool checked) noexcept;

/// The kernel is about to throw, for which it needs memory of the host: nothing is looked at any
/// more.
void end_kernel() noexcept;

/// The next cudaStreamQuery or cudaEventQuery of this thread answers this, as that of a broken
/// device would: for tests of who asks.
void fail_next_query(cudaError_t) noexcept;

/// What the threads of a launch did to memory. A request is what the 32 lanes of a warp do at one
/// instruction; global memory answers it in sectors of 32 bytes, so 32 floats that lie side by side
/// take 4, and 32 that lie far apart take 32. Shared memory has 32 banks, each 4 bytes wide, and
/// gives one word of each at a time: a request that wants n words of one bank has n - 1 conflicts.
struct Counts {
  std::int64_t launches = 0;  ///< since counting began: the others are of the last one
  std::int64_t global_reads = 0, global_writes = 0;  ///< by threads
  std::int64_t global_atomics = 0;                   ///< by threads, and in none of the others
  std::int64_t global_bytes_read = 0, global_bytes_written = 0;
  std::int64_t global_read_requests = 0, global_write_requests = 0;  ///< by warps
  std::int64_t global_read_sectors = 0, global_write_sectors = 0;
  std::int64_t shared_reads = 0, shared_writes = 0;  ///< by threads
  std::int64_t shared_requests = 0, bank_conflicts = 0;
  std::int64_t warp_meetings = 0;     ///< shuffles, votes and __syncwarp(), by warps
  std::int64_t most_by_a_thread = 0;  ///< reads and writes of global memory by the busiest thread
};

/// Launches count for as long as one of these lives. It takes time, and memory for every access
/// between two barriers. Kernels without checks count nothing.
class CountAccesses {
 public:
  CountAccesses();
  ~CountAccesses();
  CountAccesses(const CountAccesses&) = delete;
  CountAccesses& operator=(const CountAccesses&) = delete;
};

/// The counts of the last launch that was counted.
Counts last_launch();

}  // namespace cuda_simulator
