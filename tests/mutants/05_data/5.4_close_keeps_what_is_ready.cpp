/// close() leaves what was ready in memory.
/// \caught close(): a batch that was ready is still in memory
void PrefetchQueue::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}
