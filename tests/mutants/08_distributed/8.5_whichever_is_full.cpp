/// Sends whichever bucket is full: on another rank, that may be another one.
/// \caught expected none to set out after mark_ready(0) and mark_ready(1), got 1
void Reducer::mark_ready(std::int64_t parameter) {
  Place& place = places_[parameter];
  place.ready = true;
  place.part.copy_(parameters_[parameter].grad());
  if (--buckets_[place.bucket].missing == 0) send(buckets_[place.bucket]);
}
