#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "kindling/distributed.h"

namespace kindling::testing {

/// A group that writes down what is asked of it. With a `delay`, it takes its time: an operation is
/// begun so much later, by another thread, so that nothing is sent or received before a call has
/// returned, and whoever does not wait sees what was there before.
class Spy : public distributed::ProcessGroup {
 public:
  using Operation = distributed::Operation;

  explicit Spy(ProcessGroup& group, std::chrono::microseconds delay = {},
               std::chrono::milliseconds timeout = std::chrono::milliseconds(700))
      : ProcessGroup(group.name(), group.rank(), group.world_size(), group.local_rank(), timeout),
        group_(group),
        delay_(delay) {
    if (delay.count() > 0) worker_ = std::thread([this] { begin_later(); });
  }
  ~Spy() override {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    changed_.notify_one();
    if (worker_.joinable()) worker_.join();
  }
  void abort(const std::string& why) override { group_.abort(why); }
  void begin(const Operation& operation, std::shared_ptr<distributed::WorkState> work) override {
    asked.push_back(operation);
    waited_for.emplace_back();
    for (const auto& earlier : works_) waited_for.back().push_back(earlier->was_waited_for());
    works_.push_back(work);
    if (!worker_.joinable()) {
      group_.begin(operation, std::move(work));
      return;
    }
    {
      const std::lock_guard lock(mutex_);
      later_.emplace_back(operation, std::move(work));
    }
    changed_.notify_one();
  }
  std::string who_waits() override { return group_.who_waits(); }

  /// \throws Error if somebody has begun an operation, and not called wait()
  void check_all_waited_for() const {
    for (std::size_t i = 0; i < works_.size(); ++i)
      check(works_[i]->was_waited_for(), "rank ", rank(), ": nobody has waited for the Work of ",
            Operation::describe(asked[i].signature()),
            ": until wait() has returned, its tensor belongs to the group");
  }

  std::vector<Operation> asked;
  /// For each operation: when it was asked for, which earlier ones had been waited for.
  std::vector<std::vector<bool>> waited_for;

 private:
  void begin_later() {
    while (true) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return ends_ || !later_.empty(); });
      if (later_.empty()) return;
      auto [operation, work] = std::move(later_.front());
      later_.pop_front();
      lock.unlock();
      std::this_thread::sleep_for(delay_);
      try {
        group_.begin(operation, work);
      } catch (const std::exception& error) {
        work->complete(error.what());
      }
    }
  }

  std::vector<std::shared_ptr<distributed::WorkState>> works_;
  ProcessGroup& group_;
  const std::chrono::microseconds delay_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::deque<std::pair<Operation, std::shared_ptr<distributed::WorkState>>> later_;
  bool ends_ = false;
  std::thread worker_;  // the last: it uses all of the others
};

}  // namespace kindling::testing
