/// The first kernel: who is who in a grid, and a square for each element.
#include <iostream>

#include "kindling/cuda.h"
#include "kindling/kernel.h"
#include "kindling/ops.h"

using namespace kindling;

/// out[i] = x[i]², by a thread for each element.
__global__ void square(const float* x, float* out, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) out[i] = x[i] * x[i];
}

/// Each thread writes who it is where its element would be.
__global__ void who(std::int64_t* block, std::int64_t* thread, std::int64_t* lane, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  block[i] = blockIdx.x;
  thread[i] = threadIdx.x;
  lane[i] = threadIdx.x % 32;
}

int main() {
  const int n = 10;
  const Tensor x = arange(n).to(float32).to(cuda_device), out = empty_like(x);
  launch(square, {3, 4}, x.data_ptr<float>(), out.data_ptr<float>(), n);
  std::cout << "x squared   " << out << "\n";

  const Tensor rows = empty({3, n}, int64, cuda_device);
  auto* at = rows.data_ptr<std::int64_t>();
  launch(who, {3, 4}, at, at + n, at + 2 * n, n);
  std::cout << "blockIdx.x  " << rows[0] << "\nthreadIdx.x " << rows[1] << "\n";

  const Tensor many = empty({3, 70}, int64, cuda_device);
  at = many.data_ptr<std::int64_t>();
  launch(who, {1, 70}, at, at + 70, at + 140, 70);
  std::cout << "lanes of threads 30 to 34 of a block: " << many[2].slice(0, 30, 35) << "\n";
}
