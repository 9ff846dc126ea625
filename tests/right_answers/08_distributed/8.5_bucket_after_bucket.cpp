/// Gives a bucket's parameters their averages before it waits for the next one.
void Reducer::finish() {
  for (std::size_t b = 0; b < buckets_.size(); ++b) {
    receive(buckets_[b]);
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (places_[i].bucket != b) continue;
      parameters_[i].grad().copy_(places_[i].part);
      places_[i].ready = false;
    }
    buckets_[b].missing = buckets_[b].size;
  }
  next_ = 0;
}
