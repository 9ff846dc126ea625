/// Sends whichever bucket is full: on another rank, that may be another one.
/// \caught how many have set out after 0, after 1 and after 2
void Reducer::mark_ready(std::int64_t parameter) {
  NoGrad guard;
  Place& place = places_[parameter];
  place.ready = true;
  place.part.copy_(parameters_[parameter].grad());
  if (--buckets_[place.bucket].missing == 0) send(buckets_[place.bucket]);
}
