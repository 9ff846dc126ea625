#include <algorithm>

#include "kindling/ddp.h"

/// Gradients on their way to the other ranks, while others are still being computed.
namespace kindling::distributed {

Reducer::Reducer(ProcessGroup& group, Tensors parameters, const std::vector<data::Indices>& buckets)
    : group_(group), parameters_(std::move(parameters)), places_(parameters_.size()) {
  for (const data::Indices& numbers : buckets) {
    std::int64_t elements = 0;
    for (const std::int64_t i : numbers) elements += parameters_[i].numel();
    const Tensor& first = parameters_[numbers.front()];
    const Tensor flat = empty({elements}, first.dtype(), first.device());
    std::int64_t at = 0;
    for (const std::int64_t i : numbers) {
      const std::int64_t count = parameters_[i].numel();
      const Tensor part = flat.narrow(0, at, count).view(parameters_[i].shape());
      places_[i] = {.bucket = buckets_.size(), .part = part};
      at += count;
    }
    buckets_.push_back({.flat = flat, .missing = std::ssize(numbers), .size = std::ssize(numbers)});
  }
}

/// Begins to average the gradients of a bucket over the ranks.
void Reducer::send(Bucket& bucket) {
  bucket.began = std::chrono::steady_clock::now();
  bucket.work = group_.all_reduce(bucket.flat, ReduceOp::avg, async_op);
}

/// Returns when bucket.flat has the averages.
void Reducer::receive(Bucket& bucket) {
  check(bucket.work.is_defined(), "Reducer::finish: bucket ", &bucket - buckets_.data(), " of ",
        buckets_.size(), " has not been sent in this step, or has been received already: ",
        "mark_ready() sends every bucket from next_ on, as long as nothing of it is missing, and ",
        "finish() puts next_ back, and every bucket's `missing`");
  bucket.work.wait();
  if (&bucket == buckets_.data()) journeys_.clear();  // those of the step before
  journeys_.push_back({bucket.flat.numel() * size_of(bucket.flat.dtype()), bucket.began,
                       bucket.work.completed_at()});
  bucket.work = {};
}

/// \exercise{8.5} The gradient of `parameter` is there.
/// - The parameter is `ready`. Its gradient is copied to its place in its bucket, of which one is
///   then missing less.
/// - Then buckets are sent, by send(), which does not wait: buckets_[next_], as long as there is
///   one and nothing of it is missing. A bucket never sets out before those that stand before it:
///   on another rank, gradients may come in another order, and all have to send the same.
void Reducer::mark_ready(std::int64_t parameter) {
  Place& place = places_[parameter];
  place.ready = true;
  place.part.copy_(parameters_[parameter].grad());
  --buckets_[place.bucket].missing;
  for (; next_ < buckets_.size() && buckets_[next_].missing == 0; ++next_) send(buckets_[next_]);
}

/// \exercise{8.5} All have been sent. Waits for each bucket, by receive(); copies every parameter's
/// part of its bucket into its gradient; and is then as it was before the first gradient came: all
/// of the parameters missing, none ready, the first bucket the next to be sent.
void Reducer::finish() {
  for (Bucket& bucket : buckets_) {
    receive(bucket);
    bucket.missing = bucket.size;
  }
  for (std::size_t i = 0; i < places_.size(); ++i) {
    parameters_[i].grad().copy_(places_[i].part);
    places_[i].ready = false;
  }
  next_ = 0;
}

data::Indices Reducer::missing() const {
  data::Indices numbers;
  for (std::size_t i = 0; i < places_.size(); ++i)
    if (!places_[i].ready) numbers.push_back(static_cast<std::int64_t>(i));
  return numbers;
}

}  // namespace kindling::distributed
