/// Says whether there is room, without waiting for it.
/// \caught wait_for_room() did not wait, though 2 are ready and the capacity is 2
bool PrefetchQueue::wait_for_room() {
  std::lock_guard lock(mutex_);
  return !closed_ && ready_.size() < capacity_;
}
