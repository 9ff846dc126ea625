/// pop() keeps the last batch.
/// \caught_at_random the batches that are still in memory
std::optional<Fetched> PrefetchQueue::pop() {
  std::optional<Fetched> first;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !ready_.empty(); });
    if (closed_) return std::nullopt;
    static std::optional<Fetched> last;
    last = ready_.front();
    first = std::move(ready_.front());
    ready_.pop_front();
  }
  changed_.notify_all();
  return first;
}
