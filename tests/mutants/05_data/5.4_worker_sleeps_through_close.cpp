/// The condition lacks "or closed": the worker sleeps for ever.
/// \caught wait_for_room(), after close(): still asleep
bool PrefetchQueue::wait_for_room() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ready_.size() < capacity_; });
  return !closed_;
}
