/// Keeps no note of which gradients have come: in DistributedDataParallel, all would be missed.
/// \caught Is the parameter's place `ready`?
void Reducer::mark_ready(std::int64_t parameter) {
  Place& place = places_[parameter];
  place.part.copy_(parameters_[parameter].grad());
  --buckets_[place.bucket].missing;
  for (; next_ < buckets_.size() && buckets_[next_].missing == 0; ++next_) send(buckets_[next_]);
}
