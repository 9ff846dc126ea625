#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>

#include "kindling/data.h"

/// How a worker hands its batches over. Threads: one worker puts in, one trainer takes out, and
/// either may close it.
namespace kindling::data {

/// What a worker hands to the trainer: a batch, or why there is none.
struct Fetched {
  Example batch;
  std::exception_ptr error;
  Generator generator = Generator();  ///< the worker's random numbers after this batch
};

/// Brings batches from one worker to the trainer, in order, and holds the worker back when it is
/// far enough ahead: the trainer waits for batches, the worker for room. Closing it ends both
/// waits.
class PrefetchQueue {
 public:
  /// \throws Error unless capacity is positive
  explicit PrefetchQueue(std::size_t capacity);

  // The worker asks for room before it prepares a batch, so that no more than `capacity` are ready
  // or under way.
  bool wait_for_room();  ///< false: closed, nobody wants more
  void push(Fetched);    ///< after wait_for_room(); dropped, if closed meanwhile

  // The trainer's side.
  std::optional<Fetched> pop();  ///< waits for the next one; nothing, if closed
  void close();                  ///< wakes whoever waits, now and later

 private:
  std::size_t capacity_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<Fetched> ready_;
  bool closed_ = false;
};

}  // namespace kindling::data
