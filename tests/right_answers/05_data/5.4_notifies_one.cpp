/// Of two threads, one sleeps at most.
void PrefetchQueue::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    ready_.clear();
  }
  changed_.notify_one();
}
