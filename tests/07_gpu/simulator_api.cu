/// The runtime and cuBLAS answer as the real ones do.
#include <cublasLt.h>
#include <cuda_runtime.h>
#include <doctest/doctest.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "kindling/kernel.h"
#include "simulator_buffer.h"

using kindling::launch;

__global__ void nothing() {}
__global__ void write_last(float* out, int n) {
  float* const values = kindling::dynamic_shared<float>();
  for (int i = threadIdx.x; i < n; i += blockDim.x) values[i] = static_cast<float>(i);
  __syncthreads();
  if (threadIdx.x == 0) *out = values[n - 1];
}

TEST_CASE("the device says that it is simulated") {
  int count = 0, device = -1, warp = 0;
  CHECK(cudaGetDeviceCount(&count) == cudaSuccess);
  CHECK(count == 1);
  CHECK(cudaGetDevice(&device) == cudaSuccess);
  CHECK(device == 0);
  CHECK(cudaSetDevice(1) == cudaErrorInvalidDevice);
  CHECK(cudaGetLastError() == cudaErrorInvalidDevice);
  CHECK(cudaGetLastError() == cudaSuccess);
  cudaDeviceProp properties;
  CHECK(cudaGetDeviceProperties(&properties, 0) == cudaSuccess);
  CHECK(std::string(properties.name) == "Kindling's CUDA simulator (on the CPU)");
  CHECK(cudaDeviceGetAttribute(&warp, cudaDevAttrWarpSize, 0) == cudaSuccess);
  CHECK(warp == 32);
}

TEST_CASE("launches that a GPU refuses") {
  const auto refused = [](kindling::Grid grid, const std::string& reason) {
    try {
      launch(nothing, grid);
      FAIL("expected the launch to be refused: ", reason);
    } catch (const kindling::Error& error) {
      const std::string text = error.what();
      CHECK_MESSAGE(text.find("launch of nothing with a grid of") != text.npos, text);
      CHECK_MESSAGE(text.find(reason) != text.npos, text);
      CHECK_MESSAGE(text.find("tests/07_gpu/simulator_api.cu:") != text.npos, text);
    }
    CHECK(cudaGetLastError() == cudaSuccess);
  };
  refused({1, 1025}, "(cudaErrorInvalidConfiguration)");
  refused({1, dim3(32, 33)}, "(cudaErrorInvalidConfiguration)");
  refused({1, dim3(1, 1, 65)}, "(cudaErrorInvalidConfiguration)");
  refused({0, 32}, "(cudaErrorInvalidConfiguration)");
  refused({1, 0}, "(cudaErrorInvalidConfiguration)");
  refused({dim3(1, 65536), 32}, "(cudaErrorInvalidConfiguration)");
  refused({dim3(1, 1, 65536), 32}, "(cudaErrorInvalidConfiguration)");
  refused({std::int64_t{1} << 31, 32}, "grid of [2147483648, 1, 1] blocks");
  // 32 bits of these would make a small grid, or none.
  refused({(std::int64_t{1} << 32) + 1, 32}, "grid of [4294967297, 1, 1] blocks");
  refused({{1, std::int64_t{1} << 32}, 32}, "grid of [1, 4294967296, 1] blocks");
  refused({-1, 32}, "grid of [-1, 1, 1] blocks");
  refused({1, std::int64_t{1} << 32}, "(cudaErrorInvalidConfiguration)");
  refused({1, 32, (48 << 10) + 1}, "(cudaErrorInvalidValue)");
  launch(nothing, {1, 1024, 48 << 10});
}

TEST_CASE("more than 48 KB of shared memory has to be asked for, and 227 KB is all") {
  const Buffer<float> out(1);
  const int bytes = 227 << 10;
  CHECK_THROWS_AS(launch(write_last, {1, 64, bytes}, out.get(), bytes / 4), kindling::Error);
  CHECK(cudaFuncSetAttribute(write_last, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes + 1) ==
        cudaErrorInvalidValue);
  cudaGetLastError();
  KINDLING_CUDA_CHECK(
      cudaFuncSetAttribute(write_last, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
  launch(write_last, {1, 64, bytes}, out.get(), bytes / 4);
  CHECK(out.values()[0] == bytes / 4 - 1);
}

TEST_CASE("out of memory is an error that one can go on after") {
  std::size_t free = 0, total = 0;
  KINDLING_CUDA_CHECK(cudaMemGetInfo(&free, &total));
  if (std::getenv("KINDLING_SIMULATOR_MEMORY"))
    CHECK(total == 1 << 20);  // see tests/CMakeLists.txt
  float* pointer = nullptr;
  CHECK(cudaMalloc(&pointer, total + 1) == cudaErrorMemoryAllocation);
  CHECK(pointer == nullptr);
  try {
    KINDLING_CUDA_CHECK(cudaMalloc(&pointer, total + 1));
    FAIL("expected an Error");
  } catch (const kindling::Error& error) {
    const std::string text = error.what();
    CHECK_MESSAGE(text.find("tests/07_gpu/simulator_api.cu:") != text.npos, text);
    CHECK_MESSAGE(text.find("cudaMalloc(&pointer, total + 1): out of memory "
                            "(cudaErrorMemoryAllocation)") != text.npos,
                  text);
  }
  CHECK(cudaGetLastError() == cudaSuccess);
  KINDLING_CUDA_CHECK(cudaMalloc(&pointer, 1000));
  float first = 0;
  KINDLING_CUDA_CHECK(cudaMemcpy(&first, pointer, sizeof first, cudaMemcpyDeviceToHost));
  CHECK(std::isnan(first));  // not zero, on which no program may rely
  std::size_t left = 0;
  KINDLING_CUDA_CHECK(cudaMemGetInfo(&left, &total));
  CHECK(left == free - 1000);
  CHECK(cudaFree(pointer) == cudaSuccess);
  CHECK(cudaFree(pointer) == cudaErrorInvalidValue);
  CHECK(cudaFree(nullptr) == cudaSuccess);
  cudaGetLastError();
  KINDLING_CUDA_CHECK(cudaMemGetInfo(&left, &total));
  CHECK(left == free);
}

TEST_CASE("memory that was freed is used again when nothing else is left") {
  std::size_t free = 0, total = 0;
  KINDLING_CUDA_CHECK(cudaMemGetInfo(&free, &total));
  for (int i = 0; i < 100; ++i) {
    float* pointers[3];
    for (float*& pointer : pointers) KINDLING_CUDA_CHECK(cudaMalloc(&pointer, free / 4));
    for (float* const pointer : pointers) KINDLING_CUDA_CHECK(cudaFree(pointer));
  }
  std::size_t left = 0;
  KINDLING_CUDA_CHECK(cudaMemGetInfo(&left, &total));
  CHECK(left == free);
}

TEST_CASE("copies go where they say, and nowhere else") {
  const std::vector<float> values = {1, 2, 3, 4};
  const Buffer<float> a(values), b(4);
  KINDLING_CUDA_CHECK(cudaMemcpyAsync(b.get(), a.get(), 16, cudaMemcpyDeviceToDevice, nullptr));
  CHECK(b.values() == values);
  KINDLING_CUDA_CHECK(cudaMemset(b.get(), 0, 8));
  CHECK(b.values() == std::vector<float>{0, 0, 3, 4});
  std::vector<float> host(4);
  KINDLING_CUDA_CHECK(cudaMemcpy(host.data(), a.get(), 16, cudaMemcpyDefault));
  CHECK(host == values);
  CHECK(cudaMemcpy(host.data(), a.get(), 16, cudaMemcpyHostToDevice) == cudaErrorInvalidValue);
  CHECK(cudaMemcpy(host.data(), a.get(), 20, cudaMemcpyDeviceToHost) == cudaErrorInvalidValue);
  CHECK(cudaMemcpy(nullptr, a.get(), 4, cudaMemcpyDeviceToHost) == cudaErrorInvalidValue);
  CHECK(cudaMemset(host.data(), 0, 4) == cudaErrorInvalidValue);
  cudaGetLastError();
}

TEST_CASE(
    "a query says once that work nobody has waited for is not done, and keeps that as an error") {
  cudaStream_t stream = nullptr, idle = nullptr;
  cudaEvent_t event = nullptr;
  KINDLING_CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  KINDLING_CUDA_CHECK(cudaStreamCreateWithFlags(&idle, cudaStreamNonBlocking));
  KINDLING_CUDA_CHECK(cudaEventCreate(&event));
  const auto not_ready_once = [](auto query) {
    CHECK(query() == cudaErrorNotReady);
    CHECK(cudaPeekAtLastError() == cudaErrorNotReady);
    CHECK(query() == cudaSuccess);
    CHECK(query() == cudaSuccess);
    CHECK_THROWS_AS(launch(nothing, {1, 32}), kindling::Error);  // though it was not the launch
    launch(nothing, {1, 32});
  };
  launch(nothing, {1, 32, 0, stream});
  CHECK(cudaStreamQuery(idle) == cudaSuccess);
  not_ready_once([&] { return cudaStreamQuery(stream); });
  launch(nothing, {1, 32, 0, stream});
  KINDLING_CUDA_CHECK(cudaEventRecord(event, stream));
  not_ready_once([&] { return cudaEventQuery(event); });
  launch(nothing, {1, 32, 0, stream});
  KINDLING_CUDA_CHECK(cudaEventRecord(event, stream));
  KINDLING_CUDA_CHECK(cudaEventSynchronize(event));
  const Buffer<float> a(4), b(4);
  KINDLING_CUDA_CHECK(cudaMemcpyAsync(b.get(), a.get(), 16, cudaMemcpyDeviceToDevice, nullptr));
  not_ready_once([&] { return cudaStreamQuery(nullptr); });

  // Whoever has waited need not be told.
  const auto is_ready_after = [&](auto wait) {
    launch(nothing, {1, 32, 0, stream});
    KINDLING_CUDA_CHECK(cudaEventRecord(event, stream));
    KINDLING_CUDA_CHECK(wait());
    CHECK(cudaEventQuery(event) == cudaSuccess);
    CHECK(cudaStreamQuery(stream) == cudaSuccess);
  };
  is_ready_after([&] { return cudaEventSynchronize(event); });
  is_ready_after([&] { return cudaStreamSynchronize(stream); });
  is_ready_after([&] { return cudaDeviceSynchronize(); });
  KINDLING_CUDA_CHECK(cudaEventDestroy(event));
  for (const cudaStream_t used : {stream, idle}) KINDLING_CUDA_CHECK(cudaStreamDestroy(used));
}

TEST_CASE("streams have nothing left to do, and events tell real times") {
  cudaStream_t stream = nullptr;
  cudaEvent_t start = nullptr, end = nullptr, untimed = nullptr;
  KINDLING_CUDA_CHECK(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  KINDLING_CUDA_CHECK(cudaEventCreate(&start));
  KINDLING_CUDA_CHECK(cudaEventCreate(&end));
  KINDLING_CUDA_CHECK(cudaEventCreateWithFlags(&untimed, cudaEventDisableTiming));
  float milliseconds = 0;
  CHECK(cudaEventElapsedTime(&milliseconds, start, end) == cudaErrorInvalidResourceHandle);
  KINDLING_CUDA_CHECK(cudaEventRecord(start, stream));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  KINDLING_CUDA_CHECK(cudaEventRecord(end, stream));
  KINDLING_CUDA_CHECK(cudaEventRecord(untimed, stream));
  KINDLING_CUDA_CHECK(cudaStreamWaitEvent(stream, end));
  KINDLING_CUDA_CHECK(cudaEventSynchronize(end));
  KINDLING_CUDA_CHECK(cudaStreamQuery(stream));
  KINDLING_CUDA_CHECK(cudaEventQuery(end));
  KINDLING_CUDA_CHECK(cudaEventElapsedTime(&milliseconds, start, end));
  CHECK(milliseconds >= 20);
  CHECK(cudaEventElapsedTime(&milliseconds, start, untimed) == cudaErrorInvalidResourceHandle);
  cudaGetLastError();
  for (const cudaEvent_t event : {start, end, untimed})
    KINDLING_CUDA_CHECK(cudaEventDestroy(event));
  KINDLING_CUDA_CHECK(cudaStreamSynchronize(stream));
  KINDLING_CUDA_CHECK(cudaStreamDestroy(stream));
}

TEST_CASE("cuBLAS multiplies column by column") {
  // A = [[1, 3, 5], [2, 4, 6]], B = [[1, 4], [2, 5], [3, 6]]: AB = [[22, 49], [28, 64]]
  const Buffer<float> a(std::vector<float>{1, 2, 3, 4, 5, 6}), b(a.values()), c(4);
  cublasLtMatmulDesc_t product = nullptr;
  REQUIRE(cublasLtMatmulDescCreate(&product, CUBLAS_COMPUTE_32F, CUDA_R_32F) ==
          CUBLAS_STATUS_SUCCESS);
  const auto layout = [](std::uint64_t rows, std::uint64_t columns, std::int64_t leading,
                         std::int64_t step, std::int32_t batch) {
    cublasLtMatrixLayout_t made = nullptr;
    REQUIRE(cublasLtMatrixLayoutCreate(&made, CUDA_R_32F, rows, columns, leading) ==
            CUBLAS_STATUS_SUCCESS);
    cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, &step,
                                     sizeof(step));
    cublasLtMatrixLayoutSetAttribute(made, CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, &batch,
                                     sizeof(batch));
    return made;
  };
  const float one = 1, zero = 0;
  const auto multiply = [&](cublasLtMatrixLayout_t of_a, cublasLtMatrixLayout_t of_b,
                            cublasLtMatrixLayout_t of_c) {
    const cublasLtMatmulAlgo_t only{};
    const cublasStatus_t status =
        cublasLtMatmul(nullptr, product, &one, a.get(), of_a, b.get(), of_b, &zero, c.get(), of_c,
                       c.get(), of_c, &only, nullptr, 0, nullptr);
    for (const cublasLtMatrixLayout_t used : {of_a, of_b, of_c}) cublasLtMatrixLayoutDestroy(used);
    return status;
  };
  const auto of_b = [&] { return layout(3, 2, 3, 0, 1); };
  const auto of_c = [&] { return layout(2, 2, 2, 0, 1); };
  CHECK(multiply(layout(2, 3, 2, 0, 1), of_b(), of_c()) == CUBLAS_STATUS_SUCCESS);
  CHECK(c.values() == std::vector<float>{22, 28, 49, 64});
  CHECK(multiply(layout(2, 3, 1, 0, 1), of_b(), of_c()) == CUBLAS_STATUS_INVALID_VALUE);
  CHECK(multiply(layout(2, 2, 2, 0, 1), of_b(), of_c()) == CUBLAS_STATUS_INVALID_VALUE);

  const cublasLtEpilogue_t with_bias = CUBLASLT_EPILOGUE_BIAS;
  const float* bias = a.get();  // 1 for the first row, 2 for the second
  cublasLtMatmulDescSetAttribute(product, CUBLASLT_MATMUL_DESC_EPILOGUE, &with_bias,
                                 sizeof(with_bias));
  cublasLtMatmulDescSetAttribute(product, CUBLASLT_MATMUL_DESC_BIAS_POINTER, &bias, sizeof(bias));
  CHECK(multiply(layout(2, 3, 2, 0, 1), of_b(), of_c()) == CUBLAS_STATUS_SUCCESS);
  CHECK(c.values() == std::vector<float>{23, 30, 50, 66});
  CHECK(cublasLtMatmulDescDestroy(product) == CUBLAS_STATUS_SUCCESS);

  // A batch of numbers, the left ones transposed.
  REQUIRE(cublasLtMatmulDescCreate(&product, CUBLAS_COMPUTE_32F, CUDA_R_32F) ==
          CUBLAS_STATUS_SUCCESS);
  const cublasOperation_t transposed = CUBLAS_OP_T;
  cublasLtMatmulDescSetAttribute(product, CUBLASLT_MATMUL_DESC_TRANSA, &transposed,
                                 sizeof(transposed));
  CHECK(multiply(layout(1, 1, 1, 1, 4), layout(1, 1, 1, 1, 4), layout(1, 1, 1, 1, 4)) ==
        CUBLAS_STATUS_SUCCESS);
  CHECK(c.values() == std::vector<float>{1, 4, 9, 16});
  CHECK(cublasLtMatmulDescDestroy(product) == CUBLAS_STATUS_SUCCESS);
}
