/// Every fault that the simulator claims to find is planted here, and found at its line, by its
/// thread; beside it stands the right kernel, of which nothing is said.
#include <cuda_runtime.h>
#include <doctest/doctest.h>

#include <fstream>
#include <string>
#include <vector>

#include "kindling/kernel.h"
#include "simulator_buffer.h"

using kindling::launch;

namespace {

/// What the launch throws; empty if it throws nothing.
template <class Run>
std::string fault_of(Run&& run) {
  try {
    run();
  } catch (const kindling::Error& error) {
    return error.what();
  }
  return {};
}

void check_says(const std::string& text, const std::vector<std::string>& parts) {
  for (const std::string& part : parts)
    CHECK_MESSAGE(text.find(part) != text.npos, "expected \"" << part << "\" in:\n" << text);
}

/// The line of this file that ends with the comment `// here: NAME`, as messages give it.
std::string line(const std::string& name) {
  static const std::string path = "tests/07_gpu/simulator_faults.cu";
  std::ifstream file(std::string(KINDLING_SOURCE_DIR) + "/" + path);
  int number = 0;
  for (std::string text; std::getline(file, text);) {
    ++number;
    if (text.ends_with("// here: " + name)) return path + ":" + std::to_string(number);
  }
  FAIL("no line ends with // here: ", name);
  return {};
}

/// Kernels that are compiled without checks, as in builds with a sanitizer, hide what they do to
/// memory.
bool blind() {
  if (kindling::simulator_checks) return false;
  MESSAGE("skipped: in a build with a sanitizer, kernels are compiled without checks");
  return true;
}

}  // namespace

// Global memory.

__global__ void add_one_past(const float* x, float* y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i <= n) y[i] = x[i] + 1;  // here: add
}
__global__ void add_right(const float* x, float* y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] = x[i] + 1;
}

TEST_CASE("a read past the end of global memory") {
  if (blind()) return;
  const Buffer<float> x(std::vector<float>(100, 1.0f)), y(100);
  const auto text = fault_of([&] {
    launch(add_one_past, {4, 32}, x.get(), y.get(), 100);  // here: launch
  });
  check_says(text, {"add_one_past reads global memory out of bounds at " + line("add") + "\n",
                    "block (3, 0, 0), thread (4, 0, 0); the grid is (4, 1, 1) blocks of (32, 1, 1) "
                    "threads, launched at " +
                        line("launch"),
                    "allocation of 400 bytes (100 floats)",
                    "got        4 bytes, 0 bytes past its end: of floats, the one at index 100"});
  CHECK(fault_of([&] { launch(add_right, {4, 32}, x.get(), y.get(), 100); }) == "");
  CHECK(y.values()[99] == 2);
}

__global__ void shift(const float* x, float* y) {
  y[static_cast<int>(threadIdx.x) - 1] = x[threadIdx.x];  // here: shift
}

TEST_CASE("a write before the beginning of global memory") {
  if (blind()) return;
  const Buffer<float> x(std::vector<float>(32, 1.0f)), y(32);
  const auto text = fault_of([&] { launch(shift, {2, 32}, x.get(), y.get()); });
  check_says(text,
             {"shift writes global memory out of bounds at " + line("shift"),
              "block (0, 0, 0), thread (0, 0, 0)", "4 bytes before its beginning", "at index -1"});
}

__global__ void read_freed(const float* x, float* y) {
  y[threadIdx.x] = x[threadIdx.x + 8];  // here: freed
}

TEST_CASE("memory that was freed") {
  if (blind()) return;
  const Buffer<float> y(32);
  float* x = nullptr;
  KINDLING_CUDA_CHECK(cudaMalloc(&x, 256));
  KINDLING_CUDA_CHECK(cudaFree(x));
  const auto text = fault_of([&] { launch(read_freed, {1, 32}, x, y.get()); });
  check_says(text, {"read_freed reads memory that was freed at " + line("freed"),
                    "byte 32 of 256 bytes that were freed before the launch"});
}

__global__ void fill(float* x, int n) {
  if (int i = threadIdx.x; i < n) x[i] = 7;  // here: host
}

TEST_CASE("the host's memory, and no memory at all") {
  if (blind()) return;
  std::vector<float> host(32);
  auto text = fault_of([&] { launch(fill, {1, 32}, host.data(), 32); });
  check_says(text, {"fill writes the host's memory at " + line("host"), ".to(cuda)"});
  CHECK(host[0] == 0);
  text = fault_of([&] { launch(fill, {1, 32}, nullptr, 32); });
  check_says(text, {"fill writes through a null pointer at " + line("host")});

  float* pinned = nullptr;
  KINDLING_CUDA_CHECK(cudaMallocHost(&pinned, 32 * sizeof(float)));
  CHECK(fault_of([&] { launch(fill, {1, 32}, pinned, 32); }) == "");
  CHECK(pinned[31] == 7);
  KINDLING_CUDA_CHECK(cudaFreeHost(pinned));
}

// Shared memory.

__global__ void reverse_too_far(float* x) {
  __shared__ float tile[32];
  tile[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = tile[32 - threadIdx.x];  // here: index
}
__global__ void reverse_right(float* x) {
  __shared__ float tile[32];
  tile[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = tile[31 - threadIdx.x];
}

TEST_CASE("an index past the end of a shared array") {
  if (blind()) return;
  const Buffer<float> x(std::vector<float>(32, 1.0f));
  const auto text = fault_of([&] { launch(reverse_too_far, {1, 32}, x.get()); });
  check_says(text, {"reverse_too_far has an index out of bounds at " + line("index"),
                    "an index of an array of type", "got        32\n", "thread (0, 0, 0)"});
  CHECK(fault_of([&] { launch(reverse_right, {1, 32}, x.get()); }) == "");
}

__global__ void far_in_shared(float* x, int step) {
  __shared__ float tile[8];
  float* const p = &tile[0];
  p[threadIdx.x * step] = x[threadIdx.x];  // here: pointer
  __syncthreads();
  x[threadIdx.x] = tile[threadIdx.x % 8];
}

TEST_CASE("a pointer that leaves shared memory") {
  if (blind()) return;
  const Buffer<float> x(std::vector<float>(8, 1.0f));
  CHECK(fault_of([&] { launch(far_in_shared, {1, 8}, x.get(), 1); }) == "");
  const auto text = fault_of([&] { launch(far_in_shared, {1, 8}, x.get(), 1 << 20); });
  check_says(text, {"far_in_shared writes", line("pointer"), "thread (1, 0, 0)"});
}

__global__ void dynamic_reverse(float* x, int n) {
  float* const values = kindling::dynamic_shared<float>();
  values[threadIdx.x] = x[threadIdx.x];  // here: dynamic
  __syncthreads();
  x[threadIdx.x] = values[n - 1 - threadIdx.x];
}

TEST_CASE("dynamic shared memory that the launch did not ask for") {
  if (blind()) return;
  const Buffer<float> x(std::vector<float>(64, 1.0f));
  const auto text = fault_of([&] { launch(dynamic_reverse, {1, 64, 128}, x.get(), 64); });
  check_says(text, {"dynamic_reverse writes beyond its shared memory at " + line("dynamic"),
                    "dynamic shared memory of 128 bytes", "from byte 128 on", "thread (32, 0, 0)"});
  CHECK(fault_of([&] { launch(dynamic_reverse, {1, 64, 256}, x.get(), 64); }) == "");
}

__global__ void sum_unwritten(const float* x, float* sum, int n) {
  __shared__ float values[64];
  if (int(threadIdx.x) < n) values[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  if (threadIdx.x == 0)
    for (int i = 0; i < 64; ++i) *sum += values[i];  // here: unwritten
}

TEST_CASE("shared memory that nobody has written") {
  if (blind()) return;
  const Buffer<float> x(std::vector<float>(64, 1.0f)), sum(std::vector<float>(1));
  CHECK(fault_of([&] { launch(sum_unwritten, {1, 64}, x.get(), sum.get(), 64); }) == "");
  CHECK(sum.values()[0] == 64);
  // What an earlier block has left is no more written than what nobody has.
  const auto text = fault_of([&] { launch(sum_unwritten, {1, 64}, x.get(), sum.get(), 63); });
  check_says(
      text,
      {"sum_unwritten reads shared memory before anybody has written it at " + line("unwritten"),
       "that a thread of the block has written values[63] before", "thread (0, 0, 0)"});
}

// Races.

__global__ void neighbour_no_barrier(float* x) {
  __shared__ float tile[64];
  tile[threadIdx.x] = x[threadIdx.x];
  x[threadIdx.x] = tile[(threadIdx.x + 63) % 64];  // here: unwaited
}

TEST_CASE("a read that does not wait for the write") {
  if (blind()) return;
  const Buffer<float> x(std::vector<float>(64, 1.0f));
  const auto text = fault_of([&] { launch(neighbour_no_barrier, {1, 64}, x.get()); });
  // Thread 0 is the first to come, and reads what thread 63 would have to write before.
  check_says(text, {"before anybody has written it at " + line("unwaited")});
}

__global__ void neighbour_below(float* x) {
  __shared__ float tile[65];
  if (threadIdx.x == 0) tile[0] = 0;
  tile[threadIdx.x + 1] = x[threadIdx.x];  // here: below_write
  x[threadIdx.x] = tile[threadIdx.x];      // here: below_read
}
TEST_CASE("a write and a read race") {
  if (blind()) return;
  const Buffer<float> x(std::vector<float>(64, 1.0f));
  const auto text = fault_of([&] { launch(neighbour_below, {1, 64}, x.get()); });
  check_says(text, {"neighbour_below has a race in shared memory at " + line("below_read"),
                    "a barrier between what two threads do to tile[1]",
                    "thread (0, 0, 0) has written it at " + line("below_write"),
                    "thread (1, 0, 0) reads it at " + line("below_read"), "__syncwarp()"});
}

struct Pair {
  double first, second;
};
template <class T, int edge>
__global__ void transpose_by_tile(T* x) {
  __shared__ T tile[edge][edge + 1];
  tile[threadIdx.y][threadIdx.x] = x[threadIdx.y * edge + threadIdx.x];
  x[threadIdx.y * edge + threadIdx.x] = tile[threadIdx.x][threadIdx.y];  // here: transposed
}
__global__ void three_axes(Pair* x) {
  __shared__ Pair parts[2][3][4];
  parts[1][threadIdx.x % 3][threadIdx.x / 3] = x[threadIdx.x];
  x[threadIdx.x].second = parts[1][2][3].second;  // here: three_axes
}
__global__ void one_value(float* x) {
  __shared__ float most;
  if (threadIdx.x == 1) most = x[0];
  x[threadIdx.x] = most;  // here: one_value
}

TEST_CASE("an element of a shared array is named as the kernel names it") {
  if (blind()) return;
  const Buffer<float> x(std::vector<float>(64, 1.0f));
  auto text = fault_of([&] { launch(transpose_by_tile<float, 8>, {1, {8, 8}}, x.get()); });
  check_says(text, {"before anybody has written it at " + line("transposed"),
                    "written tile[1][0] before", "thread (1, 0, 0)"});
  const Buffer<double> wide(std::vector<double>(16, 1.0));
  text = fault_of([&] { launch(transpose_by_tile<double, 4>, {1, {4, 4}}, wide.get()); });
  check_says(text, {"written tile[1][0] before"});
  const Buffer<Pair> pairs(std::vector<Pair>(12));
  text = fault_of([&] { launch(three_axes, {1, 12}, pairs.get()); });
  check_says(text, {"before anybody has written it at " + line("three_axes"),
                    "written parts[1][2][3] before"});
  text = fault_of([&] { launch(one_value, {1, 4}, x.get()); });
  check_says(text,
             {"before anybody has written it at " + line("one_value"), "has written most before"});
}

__global__ void barrier_for_some(float* x) {
  __shared__ float tile[8][8];
  tile[threadIdx.y][threadIdx.x] = x[threadIdx.y * 8 + threadIdx.x];
  if (threadIdx.y < 4) __syncthreads();                               // here: for_some
  x[threadIdx.y * 8 + threadIdx.x] = tile[threadIdx.x][threadIdx.y];  // here: behind
}
__global__ void second_barrier_for_some(float* x, int rounds) {
  __shared__ float tile[64];
  for (int k = 0; k < rounds; ++k) {
    tile[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    x[threadIdx.x] = tile[63 - threadIdx.x];
    if (threadIdx.x >= 32) __syncthreads();  // here: second_for_some
    tile[threadIdx.x] = 0;                   // here: overwritten
    __syncthreads();
  }
}

TEST_CASE("a barrier under an if is said to be one, not to be missing") {
  if (blind()) return;
  const Buffer<float> x(std::vector<float>(64, 1.0f));
  auto text = fault_of([&] { launch(barrier_for_some, {1, {8, 8}}, x.get()); });
  check_says(text, {"barrier_for_some has a divergent barrier: __syncthreads() at " +
                        line("for_some") + " is not reached by all",
                    "32 threads, the first thread (0, 0, 0), wait in it",
                    "thread (0, 4, 0) has gone past it and is at " + line("behind")});
  text = fault_of([&] { launch(second_barrier_for_some, {1, 64}, x.get(), 2); });
  check_says(text, {"has a divergent barrier: __syncthreads() at " + line("second_for_some")});
}

__global__ void overwrite_early(const float* a, float* out, int n, bool wait) {
  __shared__ float tile[64];
  float sum = 0;
  for (int k = 0; k < n; k += 64) {
    tile[threadIdx.x] = a[k + threadIdx.x];
    __syncthreads();
    for (int i = 0; i < 64; ++i) sum += tile[i];
    if (wait) __syncthreads();
  }
  out[threadIdx.x] = sum;
}

TEST_CASE("the second barrier of a tiled loop") {
  if (blind()) return;
  const Buffer<float> a(std::vector<float>(128, 1.0f)), out(64);
  const auto text = fault_of([&] {
    launch(overwrite_early, {1, 64}, a.get(), out.get(), 128, false);
  });
  check_says(text, {"overwrite_early has a race in shared memory", "__syncthreads()"});
  CHECK(fault_of([&] { launch(overwrite_early, {1, 64}, a.get(), out.get(), 128, true); }) == "");
  CHECK(out.values()[63] == 128);
}

__global__ void rotate(const float* x, float* out, bool wait) {
  __shared__ float tile[64];
  tile[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  const float next = tile[(threadIdx.x + 1) % 64];  // here: rotate_read
  if (wait) __syncthreads();
  tile[threadIdx.x] = next;  // here: rotate_write
  out[threadIdx.x] = tile[threadIdx.x];
}

TEST_CASE("a read and a write race") {
  if (blind()) return;
  const Buffer<float> x(std::vector<float>(64, 1.0f)), out(64);
  CHECK(fault_of([&] { launch(rotate, {1, 64}, x.get(), out.get(), true); }) == "");
  check_says(fault_of([&] {
               launch(rotate, {1, 64}, x.get(), out.get(), false);
             }),
             {"rotate has a race in shared memory at " + line("rotate_write"),
              "has read it at " + line("rotate_read"), "writes it at " + line("rotate_write"),
              "may still be reading what is overwritten"});
}

__global__ void all_write(int* out) {
  __shared__ int last;
  last = threadIdx.x;
  __syncthreads();
  out[threadIdx.x] = last;
}

TEST_CASE("two writes race") {
  if (blind()) return;
  const Buffer<int> out(64);
  check_says(fault_of([&] {
               launch(all_write, {1, 64}, out.get());
             }),
             {"all_write has a race in shared memory", "thread (0, 0, 0) has written it",
              "thread (1, 0, 0) writes it"});
}

/// A warp's sum in shared memory. `wait`: 0 not at all, 1 by __syncwarp, 2 by a shuffle.
__global__ void warp_sum(const float* x, float* sum, int wait) {
  __shared__ float values[64];
  const int lane = threadIdx.x % 32, i = threadIdx.x;
  values[i] = x[i];
  for (int step = 16; step > 0; step /= 2) {
    if (wait == 1) __syncwarp();
    if (wait == 2) __shfl_sync(0xffffffff, 0, 0);
    const float other = lane < step ? values[i + step] : 0;
    if (lane < step) values[i] += other;
  }
  if (lane == 0) sum[i / 32] = values[i];
}

TEST_CASE("lanes of a warp are ordered by what they meet at, and by nothing else") {
  if (blind()) return;
  const Buffer<float> x(std::vector<float>(64, 1.0f)), sum(2);
  CHECK(fault_of([&] { launch(warp_sum, {1, 64}, x.get(), sum.get(), 1); }) == "");
  CHECK(sum.values()[1] == 32);
  CHECK(fault_of([&] { launch(warp_sum, {1, 64}, x.get(), sum.get(), 2); }) == "");
  CHECK(fault_of([&] { launch(warp_sum, {1, 64}, x.get(), sum.get(), 0); }) != "");
}

__global__ void half_warp(float* x, unsigned mask) {
  __shared__ float values[32];
  const int lane = threadIdx.x;
  values[lane] = x[lane];
  if (lane < 16) {
    __syncwarp(mask);
    x[lane] = values[15 - lane];
  } else {
    __syncwarp(~mask);
    x[lane] = values[47 - lane];
  }
}

TEST_CASE("a part of a warp meets") {
  const Buffer<float> x(std::vector<float>(32, 1.0f));
  CHECK(fault_of([&] { launch(half_warp, {1, 32}, x.get(), 0x0000ffffu); }) == "");
  check_says(fault_of([&] {
               launch(half_warp, {1, 32}, x.get(), 0x0000fffeu);
             }),
             {"half_warp calls __syncwarp() with a mask that leaves the caller out", "which is 0",
              "0xfffe"});
}

__global__ void bytes(const char* x, char* out) {
  __shared__ char tile[64];
  tile[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = tile[63 - threadIdx.x];
}
__global__ void words_as_bytes(int* out) {
  __shared__ __align__(4) unsigned char tile[64];
  tile[threadIdx.x] = static_cast<unsigned char>(threadIdx.x);
  __syncthreads();
  if (threadIdx.x < 16) out[threadIdx.x] = reinterpret_cast<const int*>(tile)[threadIdx.x];
}

TEST_CASE("bytes of one word belong to different threads") {
  const Buffer<char> x(std::vector<char>(64, 'x')), out(64);
  CHECK(fault_of([&] { launch(bytes, {1, 64}, x.get(), out.get()); }) == "");
  CHECK(out.values()[5] == 'x');
  const Buffer<int> words(16);
  CHECK(fault_of([&] { launch(words_as_bytes, {1, 64}, words.get()); }) == "");
  CHECK(words.values()[1] == 0x07060504);
}

__global__ void histogram(const int* x, int* counts, int n, bool atomic) {
  __shared__ int local[8];
  if (threadIdx.x < 8) local[threadIdx.x] = 0;
  __syncthreads();
  for (int i = threadIdx.x; i < n; i += blockDim.x)
    if (atomic)
      atomicAdd(&local[x[i]], 1);
    else
      ++local[x[i]];
  __syncthreads();
  if (threadIdx.x < 8) atomicAdd(&counts[threadIdx.x], local[threadIdx.x]);
}

TEST_CASE("atomics do not race with each other") {
  std::vector<int> values(1000);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int>(i % 8);
  const Buffer<int> x(values), counts(std::vector<int>(8, 0));
  CHECK(fault_of([&] { launch(histogram, {4, 128}, x.get(), counts.get(), 1000, true); }) == "");
  CHECK(counts.values() == std::vector<int>(8, 500));
  if (blind()) return;
  check_says(fault_of([&] {
               launch(histogram, {4, 128}, x.get(), counts.get(), 1000, false);
             }),
             {"histogram has a race in shared memory"});
}

// Barriers.

__global__ void return_early(float* x, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n) return;
  __syncthreads();  // here: barrier
  x[i] = 1;
}

TEST_CASE("a barrier that some threads never reach") {
  const Buffer<float> x(64);
  CHECK(fault_of([&] { launch(return_early, {2, 32}, x.get(), 64); }) == "");
  const auto text = fault_of([&] { launch(return_early, {2, 32}, x.get(), 50); });
  check_says(text, {"return_early has a divergent barrier: __syncthreads() at " + line("barrier") +
                        " is not reached by all",
                    "block (1, 0, 0);",
                    "18 threads, the first thread (0, 0, 0), wait in __syncthreads() at " +
                        line("barrier"),
                    "14 threads, the first thread (18, 0, 0), have left the kernel"});
}

__global__ void two_barriers(float* x) {
  if (threadIdx.x < 32)
    __syncthreads();  // here: first
  else
    __syncthreads();  // here: second
  x[threadIdx.x] = 1;
}

TEST_CASE("threads of a block at different barriers") {
  const Buffer<float> x(64);
  check_says(
      fault_of([&] {
        launch(two_barriers, {1, 64}, x.get());
      }),
      {"two_barriers has a divergent barrier",
       "32 threads, the first thread (0, 0, 0), wait in __syncthreads() at " + line("first"),
       "32 threads, the first thread (32, 0, 0), wait in __syncthreads() at " + line("second")});
}

__global__ void shuffle_some(float* x, int n) {
  const int i = threadIdx.x;
  if (i >= n) return;
  float sum = x[i];
  for (int step = 16; step > 0; step /= 2) sum += __shfl_down_sync(0xffffffff, sum, step);
  if (i == 0) x[0] = sum;
}
__global__ void shuffle_in_branch(float* x) {
  if (threadIdx.x < 16)
    x[threadIdx.x] += __shfl_xor_sync(0xffffffff, x[threadIdx.x], 1);
  else
    __syncthreads();
}

TEST_CASE("a shuffle that some lanes do not come to") {
  const Buffer<float> x(std::vector<float>(64, 1.0f));
  CHECK(fault_of([&] { launch(shuffle_some, {1, 32}, x.get(), 32); }) == "");
  CHECK(x.values()[0] == 32);
  check_says(fault_of([&] {
               launch(shuffle_some, {1, 32}, x.get(), 20);
             }),
             {"shuffle_some takes a value from a lane that is not there",
              "block (0, 0, 0), thread (4, 0, 0);",
              "lane 20, which did not call it and has left the kernel",
              "the if around the shuffle, or the return before it"});
  check_says(fault_of([&] {
               launch(shuffle_some, {1, 20}, x.get(), 20);
             }),
             {"the block does not have", "multiple of 32"});
  check_says(fault_of([&] {
               launch(shuffle_in_branch, {1, 32}, x.get());
             }),
             {"shuffle_in_branch has a divergent barrier: a shuffle at",
              "16 threads, the first thread (0, 0, 0), wait in a shuffle",
              "16 threads, the first thread (16, 0, 0), wait in __syncthreads()"});
}

// After a fault.

__global__ void fault_in_block(float* x, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  __syncthreads();
  x[i % 3 == 1 ? n : 0] += 1;
}

TEST_CASE("the first faulty block is told, in every run, and the next launch is none the worse") {
  if (blind()) return;
  const Buffer<float> x(std::vector<float>(64, 1.0f));
  std::string first;
  for (int run = 0; run < 20; ++run) {
    const auto text = fault_of([&] { launch(fault_in_block, {50, 64}, x.get(), 1 << 20); });
    check_says(text, {"block (0, 0, 0), thread (1, 0, 0)"});
    if (run == 0) first = text;
    CHECK(text == first);
    CHECK(fault_of([&] { launch(add_right, {2, 32}, x.get(), x.get(), 64); }) == "");
  }
}

__global__ void throwing(int* x) {
  if (threadIdx.x == 3) kindling::not_implemented("7.4");
  x[threadIdx.x] = 1;
}

TEST_CASE("an exercise that is still to be written says so") {
  const Buffer<int> x(32);
  CHECK_THROWS_AS(launch(throwing, {1, 32}, x.get()), kindling::NotImplemented);
}
