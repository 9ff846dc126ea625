/// Sends the next bucket, if it is full, and never two.
/// \caught Reducer::finish: bucket 1 of 2 has not been sent in this step
void Reducer::mark_ready(std::int64_t parameter) {
  Place& place = places_[parameter];
  place.ready = true;
  place.part.copy_(parameters_[parameter].grad());
  --buckets_[place.bucket].missing;
  if (next_ < buckets_.size() && buckets_[next_].missing == 0) send(buckets_[next_++]);
}
