/// After close(), still gives what was ready: close() keeps it, and pop() hands it out.
/// \caught pop() of a closed queue has a batch, 1 of which was ready: expected false
std::optional<Fetched> PrefetchQueue::pop() {
  std::optional<Fetched> first;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !ready_.empty(); });
    if (ready_.empty()) return std::nullopt;
    first = std::move(ready_.front());
    ready_.pop_front();
  }
  changed_.notify_all();
  return first;
}

void PrefetchQueue::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}
