#pragma once
#include <ostream>

/// Where tensors live. Threads: a Device is a value; every function may be called from any thread.
namespace kindling {

/// Where a tensor's memory is, and where operations on it run.
struct Device {
  enum class Type { cpu, cuda } type = Type::cpu;
  int index = 0;
  bool operator==(const Device&) const = default;
};
inline constexpr Device cpu{};
inline constexpr Device cuda_device{Device::Type::cuda};
std::ostream& operator<<(std::ostream&, Device);  ///< "cpu", "cuda:0"

namespace cuda {
/// Whether tensors can be moved to a GPU in this build, on this machine.
bool is_available();
int device_count();
}  // namespace cuda

/// The first GPU where there is one, else the CPU: where a program that has no wish of its own
/// runs.
Device best_device();

}  // namespace kindling
