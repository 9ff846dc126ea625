/// close() gives up what is ready, and closes then: in between, push() puts in more.
/// \caught what is pushed while another thread is in close() is still in memory
void PrefetchQueue::close() {
  {
    std::lock_guard lock(mutex_);
    ready_.clear();
  }
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
}
