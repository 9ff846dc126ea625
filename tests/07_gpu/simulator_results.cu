/// What kernels compute on the simulator is what they compute on a GPU.
#include <cuda_runtime.h>
#include <doctest/doctest.h>

#include <cstdint>
#include <numeric>
#include <thread>
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

template <int padding>
__global__ void transpose(const float* x, float* y, int rows, int columns) {
  __shared__ float tile[32][32 + padding];
  for (int i = threadIdx.y; i < 32; i += blockDim.y) {
    const int row = blockIdx.y * 32 + i, column = blockIdx.x * 32 + threadIdx.x;
    if (row < rows && column < columns) tile[i][threadIdx.x] = x[row * columns + column];
  }
  __syncthreads();
  for (int i = threadIdx.y; i < 32; i += blockDim.y) {
    const int row = blockIdx.x * 32 + i, column = blockIdx.y * 32 + threadIdx.x;
    if (row < columns && column < rows) y[row * rows + column] = tile[threadIdx.x][i];
  }
}

TEST_CASE("a transpose through padded shared memory") {
  const int rows = 70, columns = 45;
  const auto x = ramp(rows * columns);
  const Buffer<float> in(x), out(x.size());
  launch(transpose<1>, {dim3(2, 3), dim3(32, 8)}, in.get(), out.get(), rows, columns);
  const auto y = out.values();
  for (std::size_t i = 0; i < rows; ++i)
    for (std::size_t j = 0; j < columns; ++j) REQUIRE(y[j * rows + i] == x[i * columns + j]);
}

__global__ void histogram(const int* x, int* counts, int n) {
  __shared__ int local[10];
  if (threadIdx.x < 10) local[threadIdx.x] = 0;
  __syncthreads();
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    atomicAdd(&local[x[i]], 1);
  __syncthreads();
  if (threadIdx.x < 10) atomicAdd(&counts[threadIdx.x], local[threadIdx.x]);
}
__global__ void other_atomics(int* i, unsigned* u, float* f, double* d, unsigned long long* l) {
  const int id = blockIdx.x * blockDim.x + threadIdx.x;
  atomicMax(&i[0], id);
  atomicMin(&i[1], -id);
  atomicOr(&u[0], 1u << (id % 32));
  atomicInc(&u[1], 99);
  atomicAdd(f, 0.5f);
  atomicAdd(d, 0.25);
  atomicAdd(l, 1);
  int seen = 0;  // a guess; the loop that CUDA's guide shows for operations that it does not have
  while (true) {
    const int before = atomicCAS(&i[2], seen, seen + 3);
    if (before == seen) break;
    seen = before;
  }
}

TEST_CASE("atomics, from many blocks at once") {
  std::vector<int> x(10007);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<int>(i % 10);
  const Buffer<int> in(x), counts(std::vector<int>(10));
  launch(histogram, {13, 96}, in.get(), counts.get(), 10007);
  for (std::size_t i = 0; i < 10; ++i) CHECK(counts.values()[i] == (i < 7 ? 1001 : 1000));

  const Buffer<int> i(std::vector<int>(3));
  const Buffer<unsigned> u(std::vector<unsigned>(2));
  const Buffer<float> f(std::vector<float>(1));
  const Buffer<double> d(std::vector<double>(1));
  const Buffer<unsigned long long> l(std::vector<unsigned long long>(1));
  launch(other_atomics, {40, 50}, i.get(), u.get(), f.get(), d.get(), l.get());
  CHECK(i.values() == std::vector<int>{1999, -1999, 6000});
  CHECK(u.values() == std::vector<unsigned>{0xffffffffu, 0});
  CHECK(f.values()[0] == 1000);
  CHECK(d.values()[0] == 500);
  CHECK(l.values()[0] == 2000);
}

__global__ void where_am_i(std::int64_t* out) {
  const auto block = (std::int64_t(blockIdx.z) * gridDim.y + blockIdx.y) * gridDim.x + blockIdx.x;
  const auto thread = (threadIdx.z * blockDim.y + threadIdx.y) * blockDim.x + threadIdx.x;
  const auto threads = std::int64_t(blockDim.x) * blockDim.y * blockDim.z;
  out[block * threads + thread] += block * 1000 + thread;
}

TEST_CASE("grids and blocks of three axes") {
  const dim3 grid(3, 4, 5), block(7, 2, 3);
  const Buffer<std::int64_t> out(std::vector<std::int64_t>(60 * 42));
  launch(where_am_i, {grid, block}, out.get());
  const auto values = out.values();
  for (std::size_t i = 0; i < values.size(); ++i)
    REQUIRE(values[i] == static_cast<std::int64_t>(i / 42 * 1000 + i % 42));
}

__global__ void all_shuffles(int* out) {
  const int lane = threadIdx.x;
  int* const mine = out + lane * 8;
  mine[0] = __shfl_sync(0xffffffff, lane, 5);
  mine[1] = __shfl_up_sync(0xffffffff, lane, 1);
  mine[2] = __shfl_down_sync(0xffffffff, lane, 4);
  mine[3] = __shfl_xor_sync(0xffffffff, lane, 3);
  mine[4] = __shfl_sync(0xffffffff, lane, 2, 8);
  mine[5] = __shfl_up_sync(0xffffffff, lane, 2, 8);
  mine[6] = __shfl_down_sync(0xffffffff, lane, 2, 8);
  mine[7] = int(__shfl_xor_sync(0xffffffff, double(lane) / 2, 16) * 2);
}

TEST_CASE("every shuffle, also in groups of eight") {
  const Buffer<int> out(32 * 8);
  launch(all_shuffles, {1, 32}, out.get());
  const auto values = out.values();
  for (int lane = 0; lane < 32; ++lane) {
    const int* const got = &values[static_cast<std::size_t>(lane) * 8];
    const int group = lane / 8 * 8;
    CHECK(got[0] == 5);
    CHECK(got[1] == (lane < 1 ? lane : lane - 1));
    CHECK(got[2] == (lane + 4 > 31 ? lane : lane + 4));
    CHECK(got[3] == (lane ^ 3));
    CHECK(got[4] == group + 2);
    CHECK(got[5] == (lane % 8 < 2 ? lane : lane - 2));
    CHECK(got[6] == (lane % 8 + 2 > 7 ? lane : lane + 2));
    CHECK(got[7] == (lane ^ 16));
  }
}

__global__ void votes(unsigned* out) {
  const int lane = threadIdx.x % 32;
  const unsigned odd = __ballot_sync(0xffffffff, lane % 2);
  const int all = __all_sync(0xffffffff, lane < 32), none = __any_sync(0xffffffff, lane > 31);
  const int in_block = __syncthreads_count(threadIdx.x < 40);
  const int some = __syncthreads_or(threadIdx.x == 63), every = __syncthreads_and(threadIdx.x < 63);
  if (threadIdx.x == 0) {
    const unsigned values[] = {
        odd, unsigned(all), unsigned(none), unsigned(in_block), unsigned(some), unsigned(every)};
    for (int i = 0; i < 6; ++i) out[i] = values[i];
  }
}

TEST_CASE("votes of a warp and of a block") {
  const Buffer<unsigned> out(6);
  launch(votes, {1, 64}, out.get());
  CHECK(out.values() == std::vector<unsigned>{0xaaaaaaaau, 1, 0, 40, 1, 0});
}

/// A block for each row; its values stay in dynamic shared memory between the passes.
__global__ void softmax(const float* x, float* y, int columns) {
  float* const row = kindling::dynamic_shared<float>();
  __shared__ float partial[32];
  const auto over_block = [&](float mine, bool largest) {
    for (int step = 16; step > 0; step /= 2) {
      const float other = __shfl_xor_sync(0xffffffff, mine, step);
      mine = largest ? fmaxf(mine, other) : mine + other;
    }
    __syncthreads();
    if (threadIdx.x % 32 == 0) partial[threadIdx.x / 32] = mine;
    __syncthreads();
    float all = partial[0];
    for (unsigned i = 1; i < blockDim.x / 32; ++i)
      all = largest ? fmaxf(all, partial[i]) : all + partial[i];
    return all;
  };
  float most = -INFINITY, sum = 0;
  for (int i = threadIdx.x; i < columns; i += blockDim.x) {
    row[i] = x[blockIdx.x * columns + i];
    most = fmaxf(most, row[i]);
  }
  most = over_block(most, true);
  for (int i = threadIdx.x; i < columns; i += blockDim.x) sum += row[i] = expf(row[i] - most);
  sum = over_block(sum, false);
  for (int i = threadIdx.x; i < columns; i += blockDim.x)
    y[blockIdx.x * columns + i] = row[i] / sum;
}

TEST_CASE("dynamic shared memory, and the same bits in every run") {
  const int rows = 20, columns = 300;
  const auto x = ramp(rows * columns);
  const Buffer<float> in(x), out(x.size());
  std::vector<float> first;
  for (int run = 0; run < 5; ++run) {
    launch(softmax, {rows, 128, columns * sizeof(float)}, in.get(), out.get(), columns);
    if (run == 0) first = out.values();
    CHECK(out.values() == first);
  }
  for (std::size_t i = 0; i < rows; ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < columns; ++j) sum += std::exp(double(x[i * columns + j]) - 8);
    for (std::size_t j = 0; j < columns; ++j)
      REQUIRE(first[i * columns + j] ==
              doctest::Approx(std::exp(double(x[i * columns + j]) - 8) / sum).epsilon(1e-5));
  }
}

__constant__ float table[4] = {1, 2, 3, 4};
__global__ void look_up(float* out) { out[threadIdx.x] = table[threadIdx.x % 4]; }

TEST_CASE("constant memory, as it stands in the source and as the host sets it") {
  const Buffer<float> out(8);
  launch(look_up, {1, 8}, out.get());
  CHECK(out.values()[6] == 3);
  const std::vector<float> others = {5, 6, 7, 8};
  KINDLING_CUDA_CHECK(cudaMemcpyToSymbol(table, others.data(), 16));
  launch(look_up, {1, 8}, out.get());
  CHECK(out.values()[6] == 7);
}

TEST_CASE("several threads of the host launch at once") {
  const auto x = ramp(2000);
  const Buffer<float> in(x), outs(4 * x.size());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int run = 0; run < 20; ++run)
        launch(scale, {5, 64}, in.get(), outs.get() + t * 2000, 2000, float(t));
    });
  for (std::thread& thread : threads) thread.join();
  const auto y = outs.values();
  for (std::size_t i = 0; i < y.size(); ++i) REQUIRE(y[i] == float(i / 2000) * x[i % 2000]);
}
