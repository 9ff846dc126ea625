/// push() puts the batch before the others.
/// \caught pop() number 1 after push() of 1, 2, 3, the number of the batch: expected 1, got 3
void PrefetchQueue::push(Fetched fetched) {
  {
    std::lock_guard lock(mutex_);
    if (closed_) return;
    ready_.push_front(std::move(fetched));
  }
  changed_.notify_all();
}
