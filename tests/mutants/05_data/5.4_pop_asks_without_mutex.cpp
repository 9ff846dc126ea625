/// pop() looks whether the queue is closed without the mutex.
/// \caught pop() of a closed queue did not take mutex_
std::optional<Fetched> PrefetchQueue::pop() {
  if (closed_) return std::nullopt;
  std::optional<Fetched> first;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !ready_.empty(); });
    if (closed_) return std::nullopt;
    first = std::move(ready_.front());
    ready_.pop_front();
  }
  changed_.notify_all();
  return first;
}
