/// Gives up what is ready after it has let go of the mutex.
void PrefetchQueue::close() {
  std::deque<Fetched> given_up;
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    ready_.swap(given_up);
  }
  changed_.notify_all();
}
