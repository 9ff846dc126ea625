#include "distributed/gpu_carrier.h"

/// What the rest sees of NCCL in a build without it: the same functions, as an answer of no.
namespace kindling::distributed {

std::string nccl_version() { return ""; }

Tensor new_nccl_id() { fail("new_nccl_id: this build of Kindling has no NCCL"); }

std::unique_ptr<GpuCarrier> connect_by_nccl(Device, const Tensor&, int, int) {
  fail("connect_by_nccl: this build of Kindling has no NCCL");
}

}  // namespace kindling::distributed
