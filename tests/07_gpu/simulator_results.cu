/// What kernels compute on the simulator is what they compute on a GPU.
#include <cuda_runtime.h>
#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>
#include <vector>

#include "kindling/kernel.h"
#include "simulator_buffer.h"

using kindling::launch;

namespace {

std::vector<float> ramp(std::size_t n) {
  std::vector<float> values(n);
  for (std::size_t i = 0; i < n; ++i) values[i] = float(i % 17) - 8;
  return values;
}

unsigned blocks_for(std::size_t n, unsigned block) { return unsigned((n + block - 1) / block); }

}  // namespace

__global__ void scale(const float* x, float* y, int n, float factor) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x)
    y[i] = factor * x[i];
}

TEST_CASE("a grid-stride map, of sizes that fit no block") {
  for (const int n : {1, 31, 32, 33, 1000, 100003}) {
    const auto x = ramp(std::size_t(n));
    const Buffer<float> in(x), out(x.size());
    launch(scale, {7, 96}, in.get(), out.get(), n, 2.5f);
    const auto y = out.values();
    for (std::size_t i = 0; i < x.size(); ++i) REQUIRE(y[i] == 2.5f * x[i]);
  }
}

template <int tile>
__global__ void matmul_tiled(const float* a, const float* b, float* c, int n) {
  __shared__ float a_tile[tile][tile];
  __shared__ float b_tile[tile][tile];
  const int row = blockIdx.y * tile + threadIdx.y, column = blockIdx.x * tile + threadIdx.x;
  float sum = 0;
  for (int k = 0; k < n; k += tile) {
    const int a_column = k + threadIdx.x, b_row = k + threadIdx.y;
    a_tile[threadIdx.y][threadIdx.x] = row < n && a_column < n ? a[row * n + a_column] : 0;
    b_tile[threadIdx.y][threadIdx.x] = b_row < n && column < n ? b[b_row * n + column] : 0;
    __syncthreads();
    for (int i = 0; i < tile; ++i) sum += a_tile[threadIdx.y][i] * b_tile[i][threadIdx.x];
    __syncthreads();
  }
  if (row < n && column < n) c[row * n + column] = sum;
}

TEST_CASE("a tiled product of matrices") {
  for (const int n : {16, 50, 128}) {
    const auto size = std::size_t(n) * std::size_t(n);
    const auto a = ramp(size), b = ramp(size);
    const Buffer<float> da(a), db(b), dc(size);
    const unsigned blocks = blocks_for(std::size_t(n), 16);
    launch(matmul_tiled<16>, {dim3(blocks, blocks), dim3(16, 16)}, da.get(), db.get(), dc.get(), n);
    const auto c = dc.values();
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j) {
        float sum = 0;
        for (int k = 0; k < n; ++k) sum += a[std::size_t(i * n + k)] * b[std::size_t(k * n + j)];
        REQUIRE(c[std::size_t(i * n + j)] == sum);
      }
  }
}

__global__ void block_sum(const float* x, float* sums, int n) {
  __shared__ float warp_sums[32];
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  float sum = i < n ? x[i] : 0;
  for (int step = 16; step > 0; step /= 2) sum += __shfl_down_sync(0xffffffff, sum, step);
  if (threadIdx.x % 32 == 0) warp_sums[threadIdx.x / 32] = sum;
  __syncthreads();
  if (threadIdx.x < 32) {
    sum = threadIdx.x < blockDim.x / 32 ? warp_sums[threadIdx.x] : 0;
    for (int step = 16; step > 0; step /= 2) sum += __shfl_xor_sync(0xffffffff, sum, step);
    if (threadIdx.x == 0) sums[blockIdx.x] = sum;
  }
}

TEST_CASE("a block's sum by shuffles") {
  const auto x = ramp(5000);
  const Buffer<float> in(x), out(20);
  launch(block_sum, {20, 256}, in.get(), out.get(), 5000);
  const auto sums = out.values();
  CHECK(std::accumulate(sums.begin(), sums.end(), 0.0f) ==
        std::accumulate(x.begin(), x.end(), 0.0f));
}
