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
/// own. Called by `body`.
void begin_kernel() noexcept;

}  // namespace cuda_simulator
