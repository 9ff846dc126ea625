/// close() gives up what is ready after it has let go of the mutex.
/// \caught it crashed | two threads were giving up the batches | how many of 10 batches were
void PrefetchQueue::close() {
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
  }
  changed_.notify_all();
  ready_.clear();
}
