/// What the simulator counts, against counts by hand.
#include <cuda_runtime.h>
#include <doctest/doctest.h>

#include <vector>

#include "kindling/kernel.h"
#include "simulator_buffer.h"

using kindling::launch;

namespace {

bool blind() {
  if (kindling::simulator_checks) return false;
  MESSAGE("skipped: in a build with a sanitizer, kernels are compiled without checks");
  return true;
}

/// What `run`, which launches one kernel, does to memory.
template <class Run>
cuda_simulator::Counts counts_of(Run&& run) {
  const cuda_simulator::CountAccesses counting;
  run();
  return cuda_simulator::last_launch();
}

}  // namespace

/// Element i of x to element i of y, a thread each; i is `step` times the thread's number, plus
/// `first`.
__global__ void copy(const float* x, float* y, int step, int first) {
  const int i = (blockIdx.x * blockDim.x + threadIdx.x) * step + first;
  y[i] = x[i];
}

TEST_CASE("a coalesced copy takes 4 sectors a warp, a strided one up to 32") {
  if (blind()) return;
  const Buffer<float> x(std::vector<float>(8192, 1.0f)), y(8192);
  const auto counts = [&](int step, int first) {
    return counts_of([&] { launch(copy, {2, 64}, x.get(), y.get(), step, first); });
  };
  const auto dense = counts(1, 0);
  CHECK(dense.launches == 1);
  CHECK(dense.global_reads == 128);
  CHECK(dense.global_writes == 128);
  CHECK(dense.global_bytes_read == 512);
  CHECK(dense.global_bytes_written == 512);
  CHECK(dense.global_read_requests == 4);
  CHECK(dense.global_write_requests == 4);
  CHECK(dense.global_read_sectors == 4 * 4);
  CHECK(dense.global_write_sectors == 4 * 4);
  CHECK(dense.most_by_a_thread == 2);
  CHECK(dense.warp_meetings == 0);
  CHECK(dense.shared_reads + dense.shared_writes + dense.global_atomics == 0);
  CHECK(counts(2, 0).global_read_sectors == 4 * 8);
  CHECK(counts(8, 0).global_read_sectors == 4 * 32);
  CHECK(counts(32, 0).global_write_sectors == 4 * 32);
  CHECK(counts(0, 5).global_read_sectors == 4 * 1);  // all lanes the same float
  CHECK(counts(1, 1).global_read_sectors == 4 * 5);  // not aligned to a sector
  const auto both = counts_of([&] {
    launch(copy, {2, 64}, x.get(), y.get(), 1, 0);
    launch(copy, {1, 64}, x.get(), y.get(), 1, 0);
  });
  CHECK(both.launches == 2);
  CHECK(both.global_reads == 64);  // of the last
}

__global__ void copy_by_four(const float4* x, float4* y) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  y[i] = x[i];
}

TEST_CASE("a float4 is one access of 16 bytes") {
  if (blind()) return;
  const Buffer<float> x(std::vector<float>(256, 1.0f)), y(256);
  const auto counts = counts_of([&] {
    launch(copy_by_four, {1, 64}, reinterpret_cast<const float4*>(x.get()),
           reinterpret_cast<float4*>(y.get()));
  });
  CHECK(counts.global_reads == 64);
  CHECK(counts.global_bytes_read == 1024);
  CHECK(counts.global_read_requests == 2);
  CHECK(counts.global_read_sectors == 2 * 16);
  CHECK(y.values()[255] == 1);
}

/// [n, n] in tiles of 32 by blocks of 32 x 32 threads, through shared memory whose rows are `width`
/// long.
template <int width>
__global__ void transpose(const float* x, float* y, int n) {
  __shared__ float tile[32][width];
  const int row = blockIdx.y * 32 + threadIdx.y, column = blockIdx.x * 32 + threadIdx.x;
  tile[threadIdx.y][threadIdx.x] = x[row * n + column];
  __syncthreads();
  const int to_row = blockIdx.x * 32 + threadIdx.y, to_column = blockIdx.y * 32 + threadIdx.x;
  y[to_row * n + to_column] = tile[threadIdx.x][threadIdx.y];
}
__global__ void transpose_directly(const float* x, float* y, int n) {
  const int row = blockIdx.y * 32 + threadIdx.y, column = blockIdx.x * 32 + threadIdx.x;
  y[column * n + row] = x[row * n + column];
}

TEST_CASE(
    "a transpose: sectors without shared memory, bank conflicts with it, neither with a padding") {
  if (blind()) return;
  const int n = 64;
  std::vector<float> values(64 * 64);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  const Buffer<float> x(values), y(values.size());
  const dim3 grid(2, 2), block(32, 32);

  const auto direct = counts_of([&] {
    launch(transpose_directly, {grid, block}, x.get(), y.get(), n);
  });
  CHECK(direct.global_read_sectors == 128 * 4);  // 4096 floats, 32 a warp
  CHECK(direct.global_write_sectors == 128 * 32);

  const auto square = counts_of([&] { launch(transpose<32>, {grid, block}, x.get(), y.get(), n); });
  CHECK(square.global_write_sectors == 128 * 4);
  CHECK(square.shared_writes == 4096);
  CHECK(square.shared_reads == 4096);
  CHECK(square.shared_requests == 2 * 128);
  CHECK(square.bank_conflicts == 128 * 31);  // a column of the tile lies in one bank

  const auto padded = counts_of([&] { launch(transpose<33>, {grid, block}, x.get(), y.get(), n); });
  CHECK(padded.bank_conflicts == 0);
  const auto result = y.values();
  for (std::size_t i = 0; i < 64; ++i)
    for (std::size_t j = 0; j < 64; ++j) REQUIRE(result[j * 64 + i] == values[i * 64 + j]);
}

/// Lane i reads i + 1 floats: the loop's k-th round is one request of those lanes that come so far.
__global__ void triangle(const float* x, float* y) {
  float sum = 0;
  for (unsigned k = 0; k <= threadIdx.x; ++k) sum += x[k * 32 + threadIdx.x];
  y[threadIdx.x] = sum;
}

TEST_CASE("lanes that leave a loop at different times") {
  if (blind()) return;
  const Buffer<float> x(std::vector<float>(1024, 1.0f)), y(32);
  const auto counts = counts_of([&] { launch(triangle, {1, 32}, x.get(), y.get()); });
  CHECK(counts.global_reads == 32 * 33 / 2);
  CHECK(counts.global_read_requests == 32);
  int sectors = 0;  // round k reads the floats k … 31 of a row of 32
  for (int k = 0; k < 32; ++k) sectors += 4 - k / 8;
  CHECK(counts.global_read_sectors == sectors);
}

__global__ void count_up(int* total) { atomicAdd(total, 1); }

TEST_CASE("atomics are counted by themselves, and nothing is unless it is asked for") {
  if (blind()) return;
  const Buffer<int> total(std::vector<int>(1));
  const auto counts = counts_of([&] { launch(count_up, {3, 50}, total.get()); });
  CHECK(counts.global_atomics == 150);
  CHECK(counts.global_reads == 0);
  launch(count_up, {1, 1}, total.get());
  CHECK(cuda_simulator::last_launch().global_atomics == 150);
  CHECK(total.values()[0] == 151);
}
