/// What the allocator does when a GPU does not answer, which only the simulator can play.
#include <cuda_runtime.h>
#include <doctest/doctest.h>

#include "cuda_simulator/simulator.h"
#include "kindling/cuda.h"
#include "kindling/ops.h"

using namespace kindling;

TEST_CASE(
    "a query that fails loses no memory: it is an error, and the next request has the block") {
  cuda::synchronize();
  const cuda::Stream side;
  const auto free_while_used = [&] {
    Tensor x = ones({1 << 20}, float32, cuda_device);
    const cuda::StreamGuard guard(side);
    cuda::record_stream(x, side);
    const Tensor y = x * 2;
    return x.storage().data();
  };
  for (int time = 0; time < 3; ++time) {
    const std::byte* const used = free_while_used();
    cuda_simulator::fail_next_query(cudaErrorInvalidValue);
    CHECK_THROWS_AS(Tensor({1 << 20}, float32, cuda_device), Error);
    cudaGetLastError();
    cuda::synchronize();
    const Tensor next({1 << 20}, float32, cuda_device);
    CHECK(next.storage().data() == used);
  }
}
