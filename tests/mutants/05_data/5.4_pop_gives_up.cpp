/// pop() gives up after a while.
/// \caught pop() did not wait on, though nothing was ready
std::optional<Fetched> PrefetchQueue::pop() {
  std::optional<Fetched> first;
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, std::chrono::milliseconds(100),
                      [this] { return closed_ || !ready_.empty(); });
    if (closed_ || ready_.empty()) return std::nullopt;
    first = std::move(ready_.front());
    ready_.pop_front();
  }
  changed_.notify_all();
  return first;
}
