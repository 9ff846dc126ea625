/// A product of matrices, from the first kernel that comes to mind to one that keeps a GPU busy:
/// each rung beside cuBLAS and beside what the machine could do at most.
///
///   07_gpu/matmul_ladder [SIZE]    a multiple of 128; 4096, or 128 on the simulator
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "kindling/cuda.h"
#include "kindling/kernel.h"
#include "kindling/ops.h"

using namespace kindling;

namespace {

// All matrices are [n, n], row-major: C = A B. n is a multiple of 128.

/// Rung 1: a thread for each element of C. Neighbouring threads have neighbouring rows, so each
/// load of a warp touches 32 lines of memory to use 4 bytes of each.
__global__ void naive(const float* a, const float* b, float* c, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  const int j = blockIdx.y * blockDim.y + threadIdx.y;
  float sum = 0;
  for (int k = 0; k < n; ++k) sum += a[i * n + k] * b[k * n + j];
  c[i * n + j] = sum;
}

/// Rung 2: neighbouring threads have neighbouring columns. A warp reads one element of A, which
/// goes to all lanes at once, and 32 neighbours of B: two requests instead of 33.
__global__ void coalesced(const float* a, const float* b, float* c, int n) {
  const int i = blockIdx.y * blockDim.y + threadIdx.y;
  const int j = blockIdx.x * blockDim.x + threadIdx.x;
  float sum = 0;
  for (int k = 0; k < n; ++k) sum += a[i * n + k] * b[k * n + j];
  c[i * n + j] = sum;
}

/// Rung 3: tiles in shared memory (exercise 7.5). Each element is read from global memory n / 32
/// times instead of n times. What limits now is shared memory: two loads for each multiplication.
__global__ void tiled(const float* a, const float* b, float* c, int n) {
  constexpr int tile = 32;
  __shared__ float of_a[tile][tile], of_b[tile][tile];
  const int i = blockIdx.y * tile + threadIdx.y, j = blockIdx.x * tile + threadIdx.x;
  float sum = 0;
  for (int k = 0; k < n; k += tile) {
    of_a[threadIdx.y][threadIdx.x] = a[i * n + k + threadIdx.x];
    of_b[threadIdx.y][threadIdx.x] = b[(k + threadIdx.y) * n + j];
    __syncthreads();
    for (int l = 0; l < tile; ++l) sum += of_a[threadIdx.y][l] * of_b[l][threadIdx.x];
    __syncthreads();
  }
  c[i * n + j] = sum;
}

/// Rung 4: each thread has 8 elements of a column of C, a tile is 64 × 64. An element of B is
/// loaded into a register once and used 8 times.
__global__ void column_of_8(const float* a, const float* b, float* c, int n) {
  constexpr int tile = 64, depth = 8, rows = 8;  // 64 × 8 threads
  __shared__ float of_a[tile][depth], of_b[depth][tile];
  const int x = threadIdx.x % tile, y = threadIdx.x / tile;
  const int top = blockIdx.y * tile, left = blockIdx.x * tile;
  float sums[rows] = {};
  for (int k = 0; k < n; k += depth) {
    const int row = threadIdx.x / depth, column = threadIdx.x % depth;
    of_a[row][column] = a[(top + row) * n + k + column];
    of_b[y][x] = b[(k + y) * n + left + x];
    __syncthreads();
    for (int l = 0; l < depth; ++l) {
      const float of_column = of_b[l][x];
      for (int r = 0; r < rows; ++r) sums[r] += of_a[y * rows + r][l] * of_column;
    }
    __syncthreads();
  }
  for (int r = 0; r < rows; ++r) c[(top + y * rows + r) * n + left + x] = sums[r];
}

/// Rung 5: each thread has 8 × 8 elements of C, a tile is 128 × 128. For 64 multiplications it
/// loads 16 numbers from shared memory: an outer product of registers.
__global__ void square_of_8(const float* a, const float* b, float* c, int n) {
  constexpr int tile = 128, depth = 8, side = 8;  // 16 × 16 threads
  __shared__ float of_a[tile][depth], of_b[depth][tile];
  const int x = threadIdx.x % 16, y = threadIdx.x / 16;
  const int top = blockIdx.y * tile, left = blockIdx.x * tile;
  float sums[side][side] = {};
  for (int k = 0; k < n; k += depth) {
    for (int i = threadIdx.x; i < tile * depth; i += 256) {
      of_a[i / depth][i % depth] = a[(top + i / depth) * n + k + i % depth];
      of_b[i / tile][i % tile] = b[(k + i / tile) * n + left + i % tile];
    }
    __syncthreads();
    for (int l = 0; l < depth; ++l) {
      float column[side], row[side];
      for (int r = 0; r < side; ++r) column[r] = of_a[y * side + r][l];
      for (int s = 0; s < side; ++s) row[s] = of_b[l][x * side + s];
      for (int r = 0; r < side; ++r)
        for (int s = 0; s < side; ++s) sums[r][s] += column[r] * row[s];
    }
    __syncthreads();
  }
  for (int r = 0; r < side; ++r)
    for (int s = 0; s < side; ++s) c[(top + y * side + r) * n + left + x * side + s] = sums[r][s];
}

/// The last two rungs: 256 threads, a tile of 128 × 128, of whose depth 16 are in shared memory.
/// The tile of A lies there transposed, so that a column of it is read as a row; four more words a
/// row keep the writes of that apart.
constexpr int tile = 128, depth = 16, padded = tile + 4;

/// What a thread brings from global memory for the next step: two float4 of A and of B.
struct Fetched {
  float4 of_a[2], of_b[2];
};

__device__ Fetched fetch(const float* a, const float* b, int n, int top, int left, int k) {
  Fetched next;
  for (int half = 0; half < 2; ++half) {
    const int i = threadIdx.x + 256 * half;  // of 512 float4
    next.of_a[half] =
        *reinterpret_cast<const float4*>(a + std::size_t(top + i / 4) * n + k + i % 4 * 4);
    next.of_b[half] =
        *reinterpret_cast<const float4*>(b + std::size_t(k + i / 32) * n + left + i % 32 * 4);
  }
  return next;
}

__device__ void put(const Fetched& next, float (*of_a)[padded], float (*of_b)[tile]) {
  for (int half = 0; half < 2; ++half) {
    const int i = threadIdx.x + 256 * half;
    const int row = i / 4, column = i % 4 * 4;
    of_a[column][row] = next.of_a[half].x;
    of_a[column + 1][row] = next.of_a[half].y;
    of_a[column + 2][row] = next.of_a[half].z;
    of_a[column + 3][row] = next.of_a[half].w;
    *reinterpret_cast<float4*>(&of_b[i / 32][i % 32 * 4]) = next.of_b[half];
  }
}

/// Which elements of the tile a thread has. A warp has 64 × 32 of them, its lanes stand 8 × 4, and
/// each takes four squares of 4 × 4, 32 rows and 16 columns apart: so what a warp loads at once
/// lies together.
struct Place {
  int row, column;
  __device__ Place() {
    const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
    row = warp / 4 * 64 + lane / 4 * 4;
    column = warp % 4 * 32 + lane % 4 * 4;
  }
};

__device__ void multiply(const float (*of_a)[padded], const float (*of_b)[tile], const Place& at,
                         float (&sums)[8][8]) {
#pragma unroll
  for (int l = 0; l < depth; ++l) {
    const float4 a0 = *reinterpret_cast<const float4*>(&of_a[l][at.row]);
    const float4 a1 = *reinterpret_cast<const float4*>(&of_a[l][at.row + 32]);
    const float4 b0 = *reinterpret_cast<const float4*>(&of_b[l][at.column]);
    const float4 b1 = *reinterpret_cast<const float4*>(&of_b[l][at.column + 16]);
    const float column[8] = {a0.x, a0.y, a0.z, a0.w, a1.x, a1.y, a1.z, a1.w};
    const float row[8] = {b0.x, b0.y, b0.z, b0.w, b1.x, b1.y, b1.z, b1.w};
#pragma unroll
    for (int r = 0; r < 8; ++r)
#pragma unroll
      for (int s = 0; s < 8; ++s) sums[r][s] += column[r] * row[s];
  }
}

__device__ void store(float* c, int n, int top, int left, const Place& at,
                      const float (&sums)[8][8]) {
#pragma unroll
  for (int r = 0; r < 8; ++r)
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const int row = top + at.row + r % 4 + r / 4 * 32, column = left + at.column + 16 * half;
      const float* four = &sums[r][4 * half];
      *reinterpret_cast<float4*>(c + std::size_t(row) * n + column) =
          make_float4(four[0], four[1], four[2], four[3]);
    }
}

/// Rung 6: all loads and stores are of 16 bytes, and the threads of a warp stand in a rectangle, so
/// that many of them want the same words of shared memory, which are then read once for all.
__global__ void __launch_bounds__(256, 2)
    vectorised(const float* a, const float* b, float* c, int n) {
  __shared__ __align__(16) float of_a[depth][padded];
  __shared__ __align__(16) float of_b[depth][tile];
  const int top = blockIdx.y * tile, left = blockIdx.x * tile;
  const Place at;
  float sums[8][8] = {};
  for (int k = 0; k < n; k += depth) {
    put(fetch(a, b, n, top, left, k), of_a, of_b);
    __syncthreads();
    multiply(of_a, of_b, at, sums);
    __syncthreads();
  }
  store(c, n, top, left, at, sums);
}

/// Rung 7: two buffers. While the threads multiply what is in the one, what comes next is on its
/// way from global memory into registers, and then goes into the other; one barrier a step is
/// enough.
__global__ void __launch_bounds__(256, 2)
    double_buffered(const float* a, const float* b, float* c, int n) {
  __shared__ __align__(16) float of_a[2][depth][padded];
  __shared__ __align__(16) float of_b[2][depth][tile];
  const int top = blockIdx.y * tile, left = blockIdx.x * tile;
  const Place at;
  float sums[8][8] = {};
  put(fetch(a, b, n, top, left, 0), of_a[0], of_b[0]);
  __syncthreads();
  for (int k = 0, now = 0; k < n; k += depth, now ^= 1) {
    const bool more = k + depth < n;
    Fetched next;
    if (more) next = fetch(a, b, n, top, left, k + depth);
    multiply(of_a[now], of_b[now], at, sums);
    if (more) put(next, of_a[now ^ 1], of_b[now ^ 1]);
    __syncthreads();
  }
  store(c, n, top, left, at, sums);
}

using Kernel = void (*)(const float*, const float*, float*, int);
struct Rung {
  const char* name;
  Kernel kernel;
  dim3 block;
  int rows, columns;  // of C for each block
};

/// Seconds of one call: the least of three measurements.
template <class Call>
double seconds_of(int repeats, Call&& call) {
  call();
  double least = 1e9;
  for (int measurement = 0; measurement < 3; ++measurement) {
    cuda::Event start, end;
    start.record();
    for (int i = 0; i < repeats; ++i) call();
    end.record();
    end.synchronize();
    least = std::min<double>(least, start.elapsed_time(end) / 1e3 / repeats);
  }
  return least;
}

/// TFLOP/s of fused multiply-adds, if every core did one in each cycle of its highest clock.
double limit_of_machine() {
  int processors = 0, kilohertz = 0, major = 0, minor = 0;
  KINDLING_CUDA_CHECK(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, 0));
  KINDLING_CUDA_CHECK(cudaDeviceGetAttribute(&kilohertz, cudaDevAttrClockRate, 0));
  KINDLING_CUDA_CHECK(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0));
  KINDLING_CUDA_CHECK(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, 0));
  const bool has_64 = major == 7 || (major == 8 && minor == 0);  // V100, T4, A100
  const double cores = has_64 ? 64 : 128;                        // of a multiprocessor; H100 128
  return 2 * cores * processors * kilohertz * 1e3 / 1e12;
}

}  // namespace

int main(int argc, char** argv) {
  if (!cuda::is_available()) {
    std::cout << "There is no CUDA device to measure.\n";
    return 0;
  }
  const bool simulated = cuda::is_simulated();
  const int n = argc > 1 ? std::atoi(argv[1]) : simulated ? 128 : 4096;
  if (n <= 0 || n % 128 != 0 || n > 32768) {
    std::cerr << "matmul_ladder: expected a size that is a multiple of 128 up to 32768, got "
              << argv[1] << "\n";
    return 2;
  }
  manual_seed(1);
  const Tensor a = empty({n, n}, float32, cuda_device).normal_(),
               b = empty({n, n}, float32, cuda_device).normal_();
  const Tensor expected = matmul(a, b);
  const double flops = 2.0 * n * n * n;
  const int repeats = simulated ? 1 : 10;
  const double blas = flops / seconds_of(repeats, [&] { matmul(a, b); }) / 1e12;
  std::printf("%s, matrices [%d, %d], float32\n\n", cuda::get_device_name().c_str(), n, n);
  std::printf("| kernel | TFLOP/s | of cuBLAS |\n|---|---|---|\n");

  const Rung rungs[] = {{"1 naive", naive, dim3(32, 8), 32, 8},
                        {"2 coalesced", coalesced, dim3(32, 8), 8, 32},
                        {"3 tiles in shared memory", tiled, dim3(32, 32), 32, 32},
                        {"4 a column of 8 a thread", column_of_8, dim3(512), 64, 64},
                        {"5 a square of 8 a thread", square_of_8, dim3(256), 128, 128},
                        {"6 16 bytes at a time", vectorised, dim3(256), 128, 128},
                        {"7 double buffering", double_buffered, dim3(256), 128, 128}};
  for (const Rung& rung : rungs) {
    const Tensor c = zeros({n, n}, float32, cuda_device);
    // Rung 1 numbers rows along x, all others along y.
    const unsigned down = n / rung.rows, across = n / rung.columns;
    const Grid grid(rung.kernel == &naive ? dim3(down, across) : dim3(across, down), rung.block);
    const double seconds = seconds_of(repeats, [&] {
      launch(rung.kernel, grid, a.data_ptr<float>(), b.data_ptr<float>(), c.data_ptr<float>(), n);
    });
    check(allclose(c, expected, 1e-3, 1e-2), "matmul_ladder: kernel ", rung.name, " is wrong");
    const double rate = flops / seconds / 1e12;
    std::printf("| %s | %.3f | %.1f %% |\n", rung.name, rate, 100 * rate / blas);
    std::fflush(stdout);
  }
  std::printf("| cuBLAS | %.3f | 100 %% |\n", blas);
  if (simulated)
    std::printf("\nA simulator's times say nothing about a GPU's.\n");
  else
    std::printf("| the machine's limit | %.1f | |\n", limit_of_machine());
}
