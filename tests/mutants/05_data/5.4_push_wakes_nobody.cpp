/// push() forgets to notify: the trainer sleeps on.
/// \caught pop(), after a push(): still asleep
void PrefetchQueue::push(Fetched fetched) {
  std::lock_guard lock(mutex_);
  if (closed_) return;
  ready_.push_back(std::move(fetched));
}
