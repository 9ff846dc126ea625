/// Sleeps with the mutex in its hand: nobody else can do anything then.
/// \caught still asleep
bool PrefetchQueue::wait_for_room() {
  std::lock_guard lock(mutex_);
  while (!closed_ && ready_.size() >= capacity_) std::this_thread::yield();
  return !closed_;
}
