/// Notifies while it holds the mutex.
std::optional<Fetched> PrefetchQueue::pop() {
  std::optional<Fetched> first;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !ready_.empty(); });
    if (closed_) return std::nullopt;
    first = std::move(ready_.front());
    ready_.pop_front();
    changed_.notify_all();
  }
  return first;
}
