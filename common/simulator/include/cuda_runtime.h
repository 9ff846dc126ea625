#pragma once
/// What stands for CUDA's own <cuda_runtime.h> in a build without nvcc: the same names, answered by
/// the simulator. A .cu file includes it as ever, and does not see which of the two it got.
#include <cmath>
#include <cstring>

#include "cuda_simulator/device_words.h"
#include "cuda_simulator/runtime_api.h"
#include "cuda_simulator/vector_types.h"
