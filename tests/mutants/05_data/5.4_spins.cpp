/// wait_for_room() looks over and over.
/// \caught whoever waits keeps a processor busy
bool PrefetchQueue::wait_for_room() {
  while (true) {
    std::lock_guard lock(mutex_);
    if (closed_) return false;
    if (ready_.size() < capacity_) return true;
  }
}
