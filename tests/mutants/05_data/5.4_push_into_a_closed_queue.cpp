/// push() keeps what nobody will ever take.
/// \caught push() after close(): the batch is still in memory
void PrefetchQueue::push(Fetched fetched) {
  {
    std::lock_guard lock(mutex_);
    ready_.push_back(std::move(fetched));
  }
  changed_.notify_all();
}
