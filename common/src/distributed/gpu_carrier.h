#pragma once
#include <memory>
#include <string>

#include "kindling/device.h"
#include "kindling/distributed.h"

namespace kindling::distributed {

/// Does collective operations from GPU to GPU.
class GpuCarrier {
 public:
  explicit GpuCarrier(Device device) : device_(device) {}
  virtual ~GpuCarrier() = default;
  GpuCarrier(const GpuCarrier&) = delete;
  GpuCarrier& operator=(const GpuCarrier&) = delete;

  Device device() const { return device_; }
  /// Queues an operation on the GPU's stream for them, after operation.gpu->ready, and records
  /// operation.gpu->done behind it. Called when all ranks have asked for the same: a GPU that waits
  /// for one that never comes cannot be stopped by an error.
  virtual void begin(const Operation& operation) = 0;

 private:
  Device device_;
};

/// "NCCL 2.28.3"; empty in a build without it.
std::string nccl_version();
/// What rank 0 makes and all others are told, so that they find each other: int64 [16].
Tensor new_nccl_id();
/// Returns when all ranks have called it, each with a GPU of its own.
std::unique_ptr<GpuCarrier> connect_by_nccl(Device device, const Tensor& id, int rank, int ranks);

}  // namespace kindling::distributed
