#include "kindling/backend.h"

#include "kindling/cpu_backend.h"

namespace kindling {

Backend& cuda_backend(int index);  // cuda/backend.cu, or no_cuda.cpp

Device best_device() { return cuda::is_available() ? cuda_device : cpu; }

Backend& backend(Device device) {
  // Never destroyed: tensors with static lifetime still need it to give back their memory.
  static CpuBackend& cpu_backend = *new CpuBackend;
  if (device.type == Device::Type::cpu) return cpu_backend;
  return cuda_backend(device.index);
}

}  // namespace kindling
