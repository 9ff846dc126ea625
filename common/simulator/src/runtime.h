#pragma once
#include <cstddef>

#include "cuda_simulator/runtime_api.h"

namespace cuda_simulator {

/// Keeps an error for cudaGetLastError, and returns it.
cudaError_t remember(cudaError_t);

/// The stream has been given something to do.
void note_work(cudaStream_t);

/// cudaFuncSetAttribute: false if no device has as much.
bool allow_shared_memory(const void* kernel, std::size_t bytes);

}  // namespace cuda_simulator
