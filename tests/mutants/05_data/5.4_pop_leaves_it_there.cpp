/// pop() looks at the first one, and does not take it out.
/// \caught pop() number 2 after push() of 1, 2, 3, the number of the batch: expected 2, got 1
std::optional<Fetched> PrefetchQueue::pop() {
  std::optional<Fetched> first;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !ready_.empty(); });
    if (closed_) return std::nullopt;
    first = ready_.front();
  }
  changed_.notify_all();
  return first;
}
