/// push() does not take the mutex.
/// \caught push() while another is in pop(), who has looked, and is about to sleep: still asleep
void PrefetchQueue::push(Fetched fetched) {
  {
    if (closed_) return;
    ready_.push_back(std::move(fetched));
  }
  changed_.notify_all();
}
