/// The condition of pop() lacks "or closed": the trainer sleeps for ever.
/// \caught pop(), after close(): still asleep
std::optional<Fetched> PrefetchQueue::pop() {
  std::optional<Fetched> first;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !ready_.empty(); });
    if (closed_) return std::nullopt;
    first = std::move(ready_.front());
    ready_.pop_front();
  }
  changed_.notify_all();
  return first;
}
