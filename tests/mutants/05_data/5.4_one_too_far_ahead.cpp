/// Lets the worker go on when the queue is full: <= for <.
/// \caught wait_for_room() did not wait, though 2 are ready and the capacity is 2
bool PrefetchQueue::wait_for_room() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return closed_ || ready_.size() <= capacity_; });
  return !closed_;
}
