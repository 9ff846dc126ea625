/// pop() takes the batch out after it has let go of the mutex.
/// \caught an element | expects that it is not empty
std::optional<Fetched> PrefetchQueue::pop() {
  std::optional<Fetched> first;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !ready_.empty(); });
    if (closed_) return std::nullopt;
    lock.unlock();
    first = std::move(ready_.front());
    ready_.pop_front();
  }
  changed_.notify_all();
  return first;
}
