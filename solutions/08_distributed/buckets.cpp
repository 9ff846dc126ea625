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
  check(bucket_bytes > 0, "make_buckets: expected a positive number of bytes, got ", bucket_bytes);
  std::vector<data::Indices> buckets;
  std::vector<std::int64_t> bytes;  // of each bucket
  for (std::int64_t i = std::ssize(parameters) - 1; i >= 0; --i) {
    std::size_t b = 0;
    while (b < buckets.size() && (bytes[b] >= bucket_bytes ||
                                  !fit_together(parameters[i], parameters[buckets[b].front()])))
      ++b;
    if (b == buckets.size()) {
      buckets.emplace_back();
      bytes.push_back(0);
    }
    buckets[b].push_back(i);
    bytes[b] += parameters[i].numel() * size_of(parameters[i].dtype());
  }
  return buckets;
}

}  // namespace kindling::distributed
