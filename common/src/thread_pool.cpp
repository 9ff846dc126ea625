#include "thread_pool.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

#if __has_include(<pthread.h>)
#include <pthread.h>
#endif

#include "cpu/parallel.h"

namespace kindling {
namespace {

using Clock = std::chrono::steady_clock;

/// How long a helper that has nothing to do looks for the next job before it sleeps: to wake a
/// thread takes longer than many an operation. Operations follow each other more quickly than that.
constexpr std::chrono::microseconds patience{50};

thread_local bool in_chunk = false;

/// What one caller has to do. Helpers share it: a late one may look at it when the caller is gone,
/// and then finds no chunk left.
class Job {
 public:
  Job(std::int64_t chunks, int helpers, const std::function<void(std::int64_t)>& work)
      : work_(work), chunks_(chunks), places_(helpers), left_(chunks) {}

  /// Whether one more helper may come; then its place is taken.
  bool take_place() { return places_ > 0 && next_ < chunks_ && places_-- > 0; }

  void do_chunks() {
    in_chunk = true;
    for (std::int64_t chunk; (chunk = next_++) < chunks_;) {
      try {
        work_(chunk);  // the caller waits until this is done, so what it refers to is there
      } catch (...) {
        const std::scoped_lock lock(mutex_);
        if (!thrown_ || chunk < thrown_in_) {
          thrown_ = std::current_exception();
          thrown_in_ = chunk;
        }
      }
      if (--left_ == 0) left_.notify_all();
    }
    in_chunk = false;
  }

  /// For the chunks that helpers have begun.
  void wait() {
    const auto end = Clock::now() + patience;
    while (left_ > 0 && Clock::now() < end) {
    }
    for (std::int64_t left; (left = left_) > 0;) left_.wait(left);
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  const std::function<void(std::int64_t)>& work_;
  const std::int64_t chunks_;
  std::atomic<int> places_;
  std::atomic<std::int64_t> next_ = 0, left_;
  std::mutex mutex_;
  std::exception_ptr thrown_;
  std::int64_t thrown_in_ = 0;
};

/// The helpers of all callers.
class Pool {
 public:
  /// Starts helpers until there are so many, or no more can be started. Returns how many there are.
  int start(int helpers) {
    if (helpers_ >= helpers) return helpers;
    const std::scoped_lock lock(mutex_);
    try {
      for (; helpers_ < helpers && !is_full_; ++helpers_)
        std::thread([this] { help(); }).detach();  // they serve until the process ends
    } catch (const std::system_error&) {
      is_full_ = true;
    } catch (const std::bad_alloc&) {  // perhaps the next operation finds more memory
    }
    return std::min<int>(helpers_, helpers);
  }

  /// Offers a job to the helpers. \throws std::bad_alloc; then nothing has begun
  void offer(const std::shared_ptr<Job>& job, int helpers) {
    const std::scoped_lock lock(mutex_);
    jobs_.push_back(job);
    ++jobs_so_far_;
    for (int i = 0; i < std::min(helpers, asleep_); ++i) work_came_.notify_one();
  }
  void withdraw(const std::shared_ptr<Job>& job) {
    const std::scoped_lock lock(mutex_);
    std::erase(jobs_, job);
  }

 private:
  [[noreturn]] void help() {
    for (std::uint64_t seen = 0;;) {
      const auto end = Clock::now() + patience;
      while (jobs_so_far_ == seen && Clock::now() < end) {
      }
      std::shared_ptr<Job> job;
      {
        std::unique_lock lock(mutex_);
        ++asleep_;
        work_came_.wait(lock, [&] { return jobs_so_far_ != seen; });
        --asleep_;
        for (const auto& open : jobs_)
          if (open->take_place()) {
            job = open;
            break;
          }
        if (!job) seen = jobs_so_far_;  // else there may be another one
      }
      if (job) job->do_chunks();
    }
  }

  std::mutex mutex_;
  std::condition_variable work_came_;
  std::deque<std::shared_ptr<Job>> jobs_;  // with chunks that nobody has begun, or not long ago
  std::atomic<std::uint64_t> jobs_so_far_ = 0;
  int asleep_ = 0;
  std::atomic<int> helpers_ = 0;
  bool is_full_ = false;
};

/// Never destroyed: helpers run until the process ends.
std::atomic<Pool*> the_pool = nullptr;

Pool& pool() {
  static const bool is_set_up [[maybe_unused]] = [] {
    the_pool = new Pool;
#if __has_include(<pthread.h>)
    // A forked process has none of its parent's threads: it gets a pool of its own.
    pthread_atfork(nullptr, nullptr, [] { the_pool = new Pool; });
#endif
    return true;
  }();
  return *the_pool;
}

}  // namespace

int threads_to_be_had(int wanted) { return in_chunk ? 1 : 1 + pool().start(wanted - 1); }

void run_chunks(std::int64_t chunks, int threads, const std::function<void(std::int64_t)>& work) {
  const std::int64_t useful = std::min<std::int64_t>(threads, chunks);
  const int helpers = useful > 1 && !in_chunk ? pool().start(static_cast<int>(useful) - 1) : 0;
  std::shared_ptr<Job> job;
  if (helpers > 0) try {
      job = std::make_shared<Job>(chunks, helpers, work);
      pool().offer(job, helpers);
    } catch (const std::bad_alloc&) {  // without helpers, no memory is needed: see RunSnapshot
      job.reset();
    }
  if (!job) {
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) work(chunk);
    return;
  }
  job->do_chunks();
  pool().withdraw(job);
  job->wait();
}

}  // namespace kindling
