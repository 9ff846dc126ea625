/// pop() makes a new Fetched of the batch and forgets why there may be none.
/// \caught the error of the batch was lost
std::optional<Fetched> PrefetchQueue::pop() {
  std::optional<Fetched> first;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !ready_.empty(); });
    if (closed_) return std::nullopt;
    first.emplace();
    first->batch = ready_.front().batch;
    ready_.pop_front();
  }
  changed_.notify_all();
  return first;
}
