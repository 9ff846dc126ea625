/// pop() forgets to notify: the worker does not learn that there is room.
/// \caught wait_for_room(), after a pop(): still asleep
std::optional<Fetched> PrefetchQueue::pop() {
  std::optional<Fetched> first;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !ready_.empty(); });
    if (closed_) return std::nullopt;
    first = std::move(ready_.front());
    ready_.pop_front();
  }
  return first;
}
