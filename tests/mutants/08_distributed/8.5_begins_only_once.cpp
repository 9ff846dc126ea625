/// finish() forgets that buckets are empty again: the second step sends nothing.
/// \caught step
void Reducer::finish() {
  for (Bucket& bucket : buckets_) {
    receive(bucket);
  }
  for (std::size_t i = 0; i < places_.size(); ++i) {
    parameters_[i].grad().copy_(places_[i].part);
    places_[i].ready = false;
  }
  next_ = 0;
}
