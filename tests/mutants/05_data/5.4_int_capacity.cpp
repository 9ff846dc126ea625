/// Counts in an int: a capacity of 2³² is none.
/// \caught_at_random still not done after 5 s
bool PrefetchQueue::wait_for_room() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] {
    return closed_ || static_cast<int>(ready_.size()) < static_cast<int>(capacity_);
  });
  return !closed_;
}
