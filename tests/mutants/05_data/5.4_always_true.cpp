/// Says that there is room even when the queue was closed.
/// \caught wait_for_room(), after close(): expected false, got true
bool PrefetchQueue::wait_for_room() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || ready_.size() < capacity_; });
  return true;
}
