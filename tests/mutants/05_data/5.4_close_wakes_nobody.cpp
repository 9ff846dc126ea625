/// close() forgets to notify: whoever sleeps sleeps on.
/// \caught pop(), after close(): still asleep
void PrefetchQueue::close() {
  std::lock_guard lock(mutex_);
  closed_ = true;
  ready_.clear();
}
