/// pop() says that there is nothing, instead of waiting for it.
/// \caught pop() did not wait, though nothing was ready
std::optional<Fetched> PrefetchQueue::pop() {
  std::optional<Fetched> first;
  {
    std::unique_lock lock(mutex_);
    if (closed_ || ready_.empty()) return std::nullopt;
    first = std::move(ready_.front());
    ready_.pop_front();
  }
  changed_.notify_all();
  return first;
}
