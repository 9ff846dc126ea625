#include <vector>

#include "cuda/backend.h"

namespace kindling {

/// \throws Error if there is no such device
Backend& cuda_backend(int index) {
  // Never destroyed: tensors with static lifetime still need them to give back their memory.
  static auto& backends = *[] {
    auto* made = new std::vector<CudaBackend>;
    for (int i = 0; i < cuda::device_count(); ++i) made->emplace_back(i);
    return made;
  }();
  check(0 <= index && index < std::ssize(backends), "cuda:", index, " is not available: found ",
        backends.size(),
        " devices that CUDA can use; nvidia-smi lists them, and a build with "
        "-DKINDLING_CUDA=simulated needs none");
  return backends[static_cast<std::size_t>(index)];
}

}  // namespace kindling
