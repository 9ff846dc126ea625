/// Looks once, sleeps, and believes that whoever woke it made room.
/// \caught wait_for_room() went on when it was woken, though 2 are ready
bool PrefetchQueue::wait_for_room() {
  std::unique_lock lock(mutex_);
  if (!closed_ && ready_.size() >= capacity_) changed_.wait(lock);
  return !closed_;
}
