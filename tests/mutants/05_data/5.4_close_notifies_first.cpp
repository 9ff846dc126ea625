/// close() notifies before it has closed.
/// \caught still asleep
void PrefetchQueue::close() {
  changed_.notify_all();
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    ready_.clear();
  }
}
