/// pop() takes the newest: a stack, not a queue.
/// \caught pop() number 1 after push() of 1, 2, 3, the number of the batch: expected 1, got 3
std::optional<Fetched> PrefetchQueue::pop() {
  std::optional<Fetched> first;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !ready_.empty(); });
    if (closed_) return std::nullopt;
    first = std::move(ready_.back());
    ready_.pop_back();
  }
  changed_.notify_all();
  return first;
}
