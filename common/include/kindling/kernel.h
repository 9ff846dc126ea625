#pragma once
#include <cuda_runtime.h>

#include <source_location>

#include "kindling/check.h"

/// What .cu files are written with, under nvcc and in the simulator alike.
namespace kindling {

/// \throws Error with the call, its place and CUDA's reason, unless it went well.
inline void check_cuda(cudaError_t error, const char* call,
                       std::source_location at = std::source_location::current()) {
  if (error != cudaSuccess) [[unlikely]]
    fail(at.file_name(), ":", at.line(), ": ", call, ": ", cudaGetErrorString(error), " (",
         cudaGetErrorName(error), ")");
}
#define KINDLING_CUDA_CHECK(call) ::kindling::check_cuda((call), #call)

/// How many threads a kernel runs on, in how many blocks, and in which stream.
struct Grid {
  dim3 blocks;
  dim3 threads;
  std::size_t shared_bytes = 0;
  cudaStream_t stream = nullptr;
  std::source_location at = std::source_location::current();
};

/// Puts a kernel into its stream and comes back at once.
template <class... Parameters, class... Args>
void launch(void (*kernel)(Parameters...), const Grid& grid, Args&&... args) {
  kernel<<<grid.blocks, grid.threads, grid.shared_bytes, grid.stream>>>(
      static_cast<Parameters>(args)...);
  check_cuda(cudaGetLastError(), "launch", grid.at);
}

/// The shared memory whose size the launch gave.
template <class T>
__device__ T* dynamic_shared() {
  extern __shared__ __align__(16) unsigned char kindling_dynamic_shared[];
  return reinterpret_cast<T*>(kindling_dynamic_shared);
}

}  // namespace kindling
