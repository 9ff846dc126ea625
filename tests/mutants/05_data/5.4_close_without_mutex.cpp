/// close() does not take the mutex: who has looked, and is about to sleep, is not woken.
/// \caught close() while another is in pop(), who has looked, and is about to sleep: still asleep
void PrefetchQueue::close() {
  {
    closed_ = true;
    ready_.clear();
  }
  changed_.notify_all();
}
