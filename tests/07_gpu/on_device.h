#pragma once
#include <algorithm>
#include <memory>

#include "kindling/cuda.h"
#include "kindling/kernel.h"
#include "kindling/ops.h"
#include "kindling/tensor.h"

namespace kindling::testing {

/// A row-major copy on the device, in memory that it shares with nobody: the simulator then reports
/// whoever leaves it.
inline Tensor on_device(const Tensor& from) {
  const std::int64_t bytes = from.numel() * size_of(from.dtype());
  void* data = nullptr;
  KINDLING_CUDA_CHECK(cudaMalloc(&data, std::max<std::size_t>(bytes, 1)));
  const Tensor dense = from.contiguous();
  if (bytes > 0)
    KINDLING_CUDA_CHECK(
        cudaMemcpy(data, dense.storage().data() + dense.storage_offset() * size_of(dense.dtype()),
                   bytes, cudaMemcpyHostToDevice));
  const std::shared_ptr<void> owner(data, [](void* memory) { cudaFree(memory); });
  return Tensor(Storage(data, bytes, cuda_device, owner), Layout(from.shape()), from.dtype());
}

/// Values that an answer has to overwrite.
inline Tensor rubbish(const Shape& shape, DType dtype) {
  return on_device(full(shape, dtype == bool_ ? 1 : 77, dtype));
}

}  // namespace kindling::testing
