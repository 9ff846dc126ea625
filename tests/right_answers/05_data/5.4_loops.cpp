/// Waits in a loop of its own.
bool PrefetchQueue::wait_for_room() {
  std::unique_lock lock(mutex_);
  while (!closed_ && ready_.size() >= capacity_) changed_.wait(lock);
  return !closed_;
}
