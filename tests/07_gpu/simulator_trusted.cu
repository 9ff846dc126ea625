/// Compiled without CHECKED, beside files that are: what a kernel does to memory is not looked at,
/// but barriers are.
#include <cuda_runtime.h>
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "kindling/kernel.h"
#include "simulator_buffer.h"

using kindling::launch;

// The same parameters as those of a kernel of simulator_faults.cu, which is checked: the linker
// must not take one launch for the other.
__global__ void trusted_add(const float* x, float* y, int n) {
  const int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i <= n) y[i] = x[i] + 1;
}
__global__ void trusted_barrier(float* x, int n) {
  if (static_cast<int>(threadIdx.x) < n) __syncthreads();
  x[threadIdx.x] = 1;
}

TEST_CASE("kernels that are trusted") {
  static_assert(!kindling::simulator_checks);
  const Buffer<float> x(std::vector<float>(100, 1.0f)), y(100);
  launch(trusted_add, {4, 32}, x.get(), y.get(), 100);  // one too far, in what is nobody's
  CHECK(y.values()[99] == 2);
  try {
    launch(trusted_barrier, {1, 32}, y.get(), 20);
    FAIL("expected an Error");
  } catch (const kindling::Error& error) {
    CHECK_MESSAGE(std::string(error.what()).starts_with("trusted_barrier has a divergent barrier"),
                  error.what());
  }
  const cuda_simulator::CountAccesses counting;
  launch(trusted_add, {1, 32}, x.get(), y.get(), 32);
  CHECK(cuda_simulator::last_launch().global_reads == 0);
}
