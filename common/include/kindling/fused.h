#pragma once
#include <array>
#include <cstddef>

#include "kindling/device.h"

/// Operations that a device may have a kernel of its own for. Threads: on() may be called from any
/// thread; provide() is for the initialisation of static variables.
namespace kindling {

/// Off where every operation is to be composed of others, on every device: in judges, so that it is
/// the learner's code that runs. To be set while there is one thread.
inline bool use_fused_operations = true;

/// What several functions of a Backend do in as many passes over memory, done in one. Each of these
/// is declared where its operation is, and empty: a device fills it in the file of its kernel,
///
///     const bool is_there = softmax_rows.provide(Device::Type::cuda, softmax_rows_on_cuda);
///
/// and who wants it asks. Where there is none, the operation is composed:
///
///     if (const auto kernel = softmax_rows.on(x.device())) return kernel(x, out, false);
///
/// So neither a Backend nor another device has to know of it.
/// \tparam Signature the kernel's type, such as void(const Tensor& x, const Tensor& out)
template <class Signature>
class FusedOperation {
 public:
  using Kernel = Signature*;

  /// The kernel of this device; null where it has none.
  Kernel on(Device device) const {
    return use_fused_operations ? kernels_[static_cast<std::size_t>(device.type)] : nullptr;
  }
  /// \returns true, for a static variable to be initialised with
  bool provide(Device::Type type, Kernel kernel) {
    kernels_[static_cast<std::size_t>(type)] = kernel;
    return true;
  }

 private:
  std::array<Kernel, 2> kernels_{};  // of each Device::Type; null until one is provided
};

}  // namespace kindling
