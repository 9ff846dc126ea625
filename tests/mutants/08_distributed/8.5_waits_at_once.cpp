/// Waits for each bucket where it is sent: nothing overlaps.
/// \caught mark_ready() of rank 0 did not return before rank 1 had sent its bucket, too
void Reducer::mark_ready(std::int64_t parameter) {
  Place& place = places_[parameter];
  place.ready = true;
  place.part.copy_(parameters_[parameter].grad());
  --buckets_[place.bucket].missing;
  for (; next_ < buckets_.size() && buckets_[next_].missing == 0; ++next_) {
    send(buckets_[next_]);
    buckets_[next_].work.wait();
  }
}
