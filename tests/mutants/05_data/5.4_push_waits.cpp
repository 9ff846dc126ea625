/// push() waits for room, too.
/// \caught push(), which never waits: still asleep
void PrefetchQueue::push(Fetched fetched) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || ready_.size() < capacity_; });
    if (closed_) return;
    ready_.push_back(std::move(fetched));
  }
  changed_.notify_all();
}
