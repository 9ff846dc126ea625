/// By names of its own, and while loops.
void Reducer::mark_ready(std::int64_t parameter) {
  auto& [number, part, ready] = places_[parameter];
  Tensor(part).copy_(parameters_[parameter].grad());
  ready = true;
  Bucket& own = buckets_[number];
  own.missing -= 1;
  while (next_ != buckets_.size()) {
    if (buckets_[next_].missing > 0) return;
    send(buckets_[next_]);
    ++next_;
  }
}

void Reducer::finish() {
  next_ = 0;
  for (Bucket& bucket : buckets_) {
    bucket.missing = bucket.size;
    receive(bucket);
  }
  for (Place& place : places_) {
    const std::size_t i = &place - places_.data();
    Tensor grad = parameters_[i].grad();
    grad.copy_(place.part);
    place.ready = false;
  }
}
