/// Waits for a bucket before it sends the next one.
/// \caught_at_random what happens of rank
void Reducer::mark_ready(std::int64_t parameter) {
  Place& place = places_[parameter];
  place.ready = true;
  place.part.copy_(parameters_[parameter].grad());
  --buckets_[place.bucket].missing;
  for (; next_ < buckets_.size() && buckets_[next_].missing == 0; ++next_) {
    if (next_ > 0) buckets_[next_ - 1].work.wait();
    send(buckets_[next_]);
  }
}
