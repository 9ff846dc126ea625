/// Gives each parameter a new gradient.
/// \caught_at_random what it changed
void Reducer::mark_ready(std::int64_t parameter) {
  Place& place = places_[parameter];
  place.ready = true;
  place.part.copy_(parameters_[parameter].grad());
  --buckets_[place.bucket].missing;
  for (; next_ < buckets_.size() && buckets_[next_].missing == 0; ++next_) send(buckets_[next_]);
}

void Reducer::finish() {
  for (Bucket& bucket : buckets_) {
    receive(bucket);
    bucket.missing = bucket.size;
  }
  for (std::size_t i = 0; i < places_.size(); ++i) {
    parameters_[i].set_grad(places_[i].part.clone());
    places_[i].ready = false;
  }
  next_ = 0;
}
