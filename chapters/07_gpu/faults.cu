/// Four kernels with a fault in each, and what the simulator says of it.
#include <iostream>

#include "kindling/cuda.h"
#include "kindling/kernel.h"
#include "kindling/ops.h"

using namespace kindling;

namespace {

/// Threads 10 and 11 have no element.
__global__ void square_all(const float* x, float* out) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  out[i] = x[i] * x[i];
}

/// Each takes what its right neighbour has, who may have taken something else already.
__global__ void rotate(const float* x, float* out) {
  __shared__ float row[64];
  row[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  row[threadIdx.x] = row[(threadIdx.x + 1) % 64];
  __syncthreads();
  out[threadIdx.x] = row[threadIdx.x];
}

/// Half of the block never comes to the barrier.
__global__ void half_waits(float* out) {
  __shared__ float brought[64];
  if (threadIdx.x < 32) {
    brought[threadIdx.x] = 1;
    __syncthreads();
  }
  out[threadIdx.x] = brought[threadIdx.x % 32];
}

/// Only half of the sums have a beginning.
__global__ void adds_to_nothing(const float* x, float* out) {
  __shared__ float sum[64];
  if (threadIdx.x < 32) sum[threadIdx.x] = 0;
  __syncthreads();
  sum[threadIdx.x] += x[threadIdx.x];
  out[threadIdx.x] = sum[threadIdx.x];
}

template <class Run>
void show(const char* name, const Run& run) {
  std::cout << "--- " << name << "\n";
  try {
    run();
    cuda::synchronize();
    std::cout << "nothing was found\n";
  } catch (const Error& fault) {
    std::cout << fault.what() << "\n";
  }
}

}  // namespace

int main() {
  if (!cuda::is_simulated()) {
    std::cout
        << "A GPU says nothing of such faults: it gives wrong numbers, now or on another day.\n"
           "Build with -DKINDLING_CUDA=simulated to see what the simulator says.\n";
    return 0;
  }
  const Tensor x = ones({64}, float32, cuda_device), out = empty({64}, float32, cuda_device);
  const float* from = x.data_ptr<float>();
  float* to = out.data_ptr<float>();
  // Exactly as large as they are: what a tensor has lies in a larger piece that is kept for others.
  float *ten = nullptr, *ten_out = nullptr;
  KINDLING_CUDA_CHECK(cudaMalloc(&ten, 10 * sizeof(float)));
  KINDLING_CUDA_CHECK(cudaMalloc(&ten_out, 10 * sizeof(float)));
  KINDLING_CUDA_CHECK(cudaMemset(ten, 0, 10 * sizeof(float)));

  show("square_all", [&] { launch(square_all, {3, 4}, ten, ten_out); });
  show("rotate", [&] { launch(rotate, {1, 64}, from, to); });
  show("half_waits", [&] { launch(half_waits, {1, 64}, to); });
  show("adds_to_nothing", [&] { launch(adds_to_nothing, {1, 64}, from, to); });
  KINDLING_CUDA_CHECK(cudaFree(ten));
  KINDLING_CUDA_CHECK(cudaFree(ten_out));
}
