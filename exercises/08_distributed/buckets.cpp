#include "kindling/ddp.h"

/// Which gradients travel together.
namespace kindling::distributed {

static bool fit_together(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.device() == b.device();
}

/// \exercise{8.4} Goes through the parameters from the last to the first. Each is put into the
/// bucket that has been begun for its dtype and device and is not full yet; if there is none, it
/// begins a new one. A bucket is full when its parameters have bucket_bytes bytes or more: so one
/// may have more, by its last parameter. Returned are the numbers of the parameters in each bucket,
/// the buckets in the order in which they were begun. \throws Error unless bucket_bytes is
/// positive: "make_buckets: expected a positive number of bytes, got 0"
std::vector<data::Indices> make_buckets(const Tensors& parameters, std::int64_t bucket_bytes) {
  throw NotImplemented("8.4");
}

}  // namespace kindling::distributed
