/// pop() sleeps a millisecond, and looks again.
/// \caught whoever waits sleeps for a while, looks, and sleeps again
std::optional<Fetched> PrefetchQueue::pop() {
  std::optional<Fetched> first;
  {
    std::unique_lock lock(mutex_);
    while (!closed_ && ready_.empty()) {
      lock.unlock();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
      lock.lock();
    }
    if (closed_) return std::nullopt;
    first = std::move(ready_.front());
    ready_.pop_front();
  }
  changed_.notify_all();
  return first;
}
