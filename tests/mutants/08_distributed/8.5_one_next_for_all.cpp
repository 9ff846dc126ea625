/// All reducers of a rank share what is to be sent next.
/// \caught_at_random mark_ready() sends every bucket
static thread_local std::size_t next_of_all = 0;

void Reducer::mark_ready(std::int64_t parameter) {
  Place& place = places_[parameter];
  place.ready = true;
  place.part.copy_(parameters_[parameter].grad());
  --buckets_[place.bucket].missing;
  std::size_t& next = next_of_all;
  for (; next < buckets_.size() && buckets_[next].missing == 0; ++next) send(buckets_[next]);
}

void Reducer::finish() {
  for (Bucket& bucket : buckets_) {
    receive(bucket);
    bucket.missing = bucket.size;
  }
  for (std::size_t i = 0; i < places_.size(); ++i) {
    parameters_[i].grad().copy_(places_[i].part);
    places_[i].ready = false;
  }
  next_of_all = 0;
}
