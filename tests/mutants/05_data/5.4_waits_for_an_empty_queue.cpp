/// Waits until nothing is ready: the worker is never more than one batch ahead.
/// \caught wait_for_room(), 1 ready, capacity 2: still asleep
bool PrefetchQueue::wait_for_room() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || ready_.empty(); });
  return !closed_;
}
