/// Receives the last bucket first.
/// \caught journeys() after 3 steps: expected the 2 of the last, got 1 (kindling::Error)
void Reducer::mark_ready(std::int64_t parameter) {
  Place& place = places_[parameter];
  place.ready = true;
  place.part.copy_(parameters_[parameter].grad());
  --buckets_[place.bucket].missing;
  for (; next_ < buckets_.size() && buckets_[next_].missing == 0; ++next_) send(buckets_[next_]);
}

void Reducer::finish() {
  for (std::size_t b = buckets_.size(); b-- > 0;) {
    receive(buckets_[b]);
    buckets_[b].missing = buckets_[b].size;
  }
  for (std::size_t i = 0; i < places_.size(); ++i) {
    parameters_[i].grad().copy_(places_[i].part);
    places_[i].ready = false;
  }
  next_ = 0;
}
