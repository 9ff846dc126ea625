/// push() looks whether the queue is closed, and takes the mutex then.
/// \caught the batch of a push() that takes the mutex after close() is still in memory
void PrefetchQueue::push(Fetched fetched) {
  {
    if (closed_) return;
    std::lock_guard lock(mutex_);
    ready_.push_back(std::move(fetched));
  }
  changed_.notify_all();
}
